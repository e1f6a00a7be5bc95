"""mmseg's EncoderDecoder, which can look at mirror images too, and predict labels without keeping logits."""

from __future__ import annotations

import math
from typing import Any

import torch
from mmengine.structures import PixelData
from mmseg.models import EncoderDecoder as UpstreamEncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor

from ...errors import UserError
from ...taxonomy import get_label_space
from ..layers.pretrained import PretrainedModule
from .labels_of_tensor import labels_of_tensor
from .one_output import as_two_logits, threshold_of

MOST_LABELS = 256
"""Classes whose ids fit into uint8, the type of `labels_of_tensor`."""


@MODELS.register_module()
class FaceEncoderDecoder(PretrainedModule, UpstreamEncoderDecoder):
    """As upstream, but `test_cfg=dict(labels_only=True)` predicts `pred_sem_seg` without `seg_logits`.

    Upstream resizes the logits of all classes to the size of the label and keeps them: 80 MB for each photo of
    1024x1024. The labels are the same without, found strip by strip, see `labels_of_tensor`. Training and
    tools/test.py set `labels_only`, except where scales and flips are averaged (`--tta`); who wants the logits
    as well sets `model.test_cfg.labels_only=False` (`--cfg-options`). With more than 256 classes it is upstream's way.

    `test_cfg=dict(mirror='celebamask_hq')` takes the mean of what the network says of a photo and of its mirror image,
    with the left and right classes of that label space swapped back: twice the time for steadier labels.

    `init_cfg=dict(type='Pretrained', checkpoint=...)` fills the whole segmentor or refuses the file.
    """

    def encode_decode(self, inputs: Tensor, batch_img_metas: list[dict[str, Any]]) -> Tensor:
        """Return logits (B, C, H, W) of inputs (B, 3, H, W)."""
        logits = super().encode_decode(inputs, batch_img_metas)
        if not (space := self.test_cfg.get('mirror')):
            return logits
        return mean_with_mirrored(logits, super().encode_decode(inputs.flip(3), batch_img_metas), space)

    def postprocess_result(
        self, seg_logits: Tensor, data_samples: list[SegDataSample] | None = None
    ) -> list[SegDataSample]:
        """Logits (B, C, H, W) -> the samples with `pred_sem_seg`, int64 (1, H, W) at their `ori_shape`."""
        labels_only = self.test_cfg.get('labels_only') and seg_logits.shape[1] <= MOST_LABELS
        if data_samples is None or not labels_only:
            return super().postprocess_result(seg_logits, data_samples)
        seg_logits = as_two_logits(seg_logits, threshold_of(self))
        for logits, sample in zip(seg_logits, data_samples, strict=True):
            labels = labels_of_tensor(
                unflipped(unpadded(logits, sample.metainfo), sample.metainfo),
                sample.metainfo['ori_shape'],
                self.align_corners,
            )
            sample.pred_sem_seg = PixelData(data=labels[None].long())
        return data_samples


def mean_with_mirrored(logits: Tensor, mirrored: Tensor, label_space: str) -> Tensor:
    """Logits (B, C, H, W) of photos and of their mirror images -> logarithms of the mean probabilities, unmirrored.

    Raises:
        UserError: the label space has other classes.
    """
    space = get_label_space(label_space)
    if logits.shape[1] != space.num_classes:
        raise UserError(
            f'test_cfg.mirror={label_space!r} has {space.num_classes} classes, the network has {logits.shape[1]}: '
            'name the label space of its labels, or leave mirror out'
        )
    others = space.flip_lut()[: space.num_classes].tolist()
    back = mirrored.flip(3)[:, others]
    return torch.logaddexp(logits.log_softmax(1), back.log_softmax(1)) - math.log(2)


def unpadded(logits: Tensor, meta: dict[str, Any]) -> Tensor:
    """(C, h, w) without what the data preprocessor added at the borders."""
    left, right, top, bottom = meta.get('img_padding_size') or meta.get('padding_size') or [0] * 4
    height, width = logits.shape[1:]
    return logits[:, top : height - bottom, left : width - right]


def unflipped(logits: Tensor, meta: dict[str, Any]) -> Tensor:
    """(C, h, w) of a photo that was mirrored by the pipeline, turned back."""
    axis = {'horizontal': 2, 'vertical': 1}[meta['flip_direction']] if meta.get('flip') else None
    return logits if axis is None else logits.flip(axis)
