"""Turn a photo and its labels into tensors, at the end of a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs as UpstreamPackSegInputs
from mmseg.registry import TRANSFORMS

META_KEYS = (
    *('img_path', 'seg_map_path', 'ori_shape', 'img_shape', 'pad_shape', 'scale_factor'),  # mmseg's
    *('flip', 'flip_direction', 'reduce_zero_label'),
    *('label_shape', 'crop'),  # of ScoreAtNetworkSize and CropToFace
)


@TRANSFORMS.register_module()
class PackFaceInputs(UpstreamPackSegInputs):
    """mmseg's `PackSegInputs`, which leaves label maps uint8.

    As int64, mmseg's choice, the labels of an image take 2.7 times the memory of its pixels on their way from a
    worker to the device. `FacePreProcessor` makes them int64 on the device.

    Args:
        meta_keys: what else of a sample goes along, where it is there.
    """

    def __init__(self, meta_keys: Sequence[str] = META_KEYS) -> None:
        super().__init__(meta_keys)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Return `inputs` (C, H, W) and `data_samples`, whose `gt_sem_seg` is (1, H, W)."""
        labels = results.get('gt_seg_map')
        if labels is None or labels.ndim != 2 or labels.dtype != np.uint8:
            return super().transform(results)
        packed = super().transform({key: value for key, value in results.items() if key != 'gt_seg_map'})
        packed['data_samples'].gt_sem_seg = PixelData(data=torch.from_numpy(labels[None].copy()))
        return packed
