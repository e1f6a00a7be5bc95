"""Change brightness, contrast, saturation and hue at random, by look-up tables."""

from __future__ import annotations

import cv2
import mmcv
import numpy as np
from mmseg.datasets.transforms import PhotoMetricDistortion as UpstreamPhotoMetricDistortion
from mmseg.registry import TRANSFORMS

VALUES = np.arange(256, dtype=np.uint8)


@TRANSFORMS.register_module()
class FacePhotoMetricDistortion(UpstreamPhotoMetricDistortion):
    """mmseg's `PhotoMetricDistortion`, with the same arguments, random numbers and results, in two thirds of the time.

    Each step replaces a channel's value by one that depends on nothing else. For uint8 images mmseg's formulas
    are therefore applied to the 256 possible values, and the pixels look theirs up. What remains are the conversions
    to HSV and back. Images of other types are treated as mmseg treats them. Unlike mmseg's it takes `hue_delta=0`,
    which leaves hues as they are.
    """

    def convert(self, img: np.ndarray, alpha: float = 1, beta: float = 0) -> np.ndarray:
        """Return `img * alpha + beta`, clipped to 0..255, as uint8; any shape of at least two dimensions."""
        if img.dtype != np.uint8:
            return super().convert(img, alpha, beta)
        return cv2.LUT(img, super().convert(VALUES, alpha, beta))

    def hue(self, img: np.ndarray) -> np.ndarray:
        """Shift the hues of BGR (H, W, 3) by up to `hue_delta` (of 180) in half of the calls."""
        if self.hue_delta == 0:
            return img
        if img.dtype != np.uint8:
            return super().hue(img)
        if np.random.randint(2):  # noqa: NPY002 (seeded per worker by mmengine)
            hsv = mmcv.bgr2hsv(img)
            turn = np.random.randint(-self.hue_delta, self.hue_delta)  # noqa: NPY002
            turned = (VALUES.astype(int) + turn) % 180
            hsv[:, :, 0] = cv2.LUT(hsv[:, :, 0], turned.astype(np.uint8))
            img = mmcv.hsv2bgr(hsv)
        return img
