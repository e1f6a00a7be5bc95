"""Crop at random so that no class fills the crop."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms.utils import cache_randomness
from mmseg.datasets.transforms import RandomCrop as UpstreamRandomCrop
from mmseg.registry import TRANSFORMS

Box = tuple[int, int, int, int]  # y1, y2, x1, x2


@TRANSFORMS.register_module()
class FaceRandomCrop(UpstreamRandomCrop):
    """mmseg's `RandomCrop`, with the same arguments, random numbers and results.

    Where `cat_max_ratio` limits the part of a crop that one class may take, up to ten crops are drawn and their
    labels counted. mmseg sorts the pixels of each for that, which takes longer than the rest of a pipeline.
    """

    @cache_randomness
    def crop_bbox(self, results: dict[str, Any]) -> Box:
        labels, size = results.get('gt_seg_map'), results['img'].shape[:2]
        if self.cat_max_ratio >= 1 or labels is None or labels.dtype != np.uint8:
            return super().crop_bbox(results)
        box = self._draw(size)
        for _ in range(10):
            if self._is_mixed(self.crop(labels, box)):
                break
            box = self._draw(size)
        return box

    def _draw(self, size: tuple[int, int]) -> Box:
        """Draw a box (y1, y2, x1, x2) for the crop in an image of `size` (H, W)."""
        top, left = (
            np.random.randint(max(side - crop, 0) + 1)  # noqa: NPY002 (seeded per worker by mmengine)
            for side, crop in zip(size, self.crop_size, strict=True)
        )
        return top, top + self.crop_size[0], left, left + self.crop_size[1]

    def _is_mixed(self, labels: np.ndarray) -> bool:
        """Tell whether labels (H, W) hold two classes or more, none of them beyond `cat_max_ratio`."""
        counts = cv2.calcHist([labels], [0], None, [256], [0, 256]).ravel()  # (256,) or (256, 1)
        counts = counts[np.arange(256) != self.ignore_index].astype(int)
        return bool(np.count_nonzero(counts) > 1 and counts.max() / counts.sum() < self.cat_max_ratio)
