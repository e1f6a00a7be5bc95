"""Turn a photo and its labels into tensors, at the end of a pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs as UpstreamPackSegInputs
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackFaceInputs(UpstreamPackSegInputs):
    """mmseg's `PackSegInputs`, with the same arguments, which leaves label maps uint8.

    As int64, mmseg's choice, the labels of an image take 2.7 times the memory of its pixels on their way from a
    worker to the device. `FacePreProcessor` makes them int64 on the device.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Return `inputs` (C, H, W) and `data_samples`, whose `gt_sem_seg` is (1, H, W)."""
        labels = results.get('gt_seg_map')
        if labels is None or labels.ndim != 2 or labels.dtype != np.uint8:
            return super().transform(results)
        packed = super().transform({key: value for key, value in results.items() if key != 'gt_seg_map'})
        packed['data_samples'].gt_sem_seg = PixelData(data=torch.from_numpy(labels[None].copy()))
        return packed
