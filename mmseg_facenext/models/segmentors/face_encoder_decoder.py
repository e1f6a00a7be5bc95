"""mmseg's EncoderDecoder, which can predict labels without keeping logits."""

from __future__ import annotations

from typing import Any

from mmengine.structures import PixelData
from mmseg.models import EncoderDecoder as UpstreamEncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor

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

    `init_cfg=dict(type='Pretrained', checkpoint=...)` fills the whole segmentor or refuses the file.
    """

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


def unpadded(logits: Tensor, meta: dict[str, Any]) -> Tensor:
    """(C, h, w) without what the data preprocessor added at the borders."""
    left, right, top, bottom = meta.get('img_padding_size') or meta.get('padding_size') or [0] * 4
    height, width = logits.shape[1:]
    return logits[:, top : height - bottom, left : width - right]


def unflipped(logits: Tensor, meta: dict[str, Any]) -> Tensor:
    """(C, h, w) of a photo that was mirrored by the pipeline, turned back."""
    axis = {'horizontal': 2, 'vertical': 1}[meta['flip_direction']] if meta.get('flip') else None
    return logits if axis is None else logits.flip(axis)
