"""How a photo gets the size that a network was trained at."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

INTERPOLATIONS = {
    'nearest': cv2.INTER_NEAREST,
    'bilinear': cv2.INTER_LINEAR,
    'bicubic': cv2.INTER_CUBIC,
    'area': cv2.INTER_AREA,
    'lanczos': cv2.INTER_LANCZOS4,
}
PILLOW = 'pillow-'
PILLOW_INTERPOLATIONS = {
    'pillow-bilinear': Image.Resampling.BILINEAR,
    'pillow-bicubic': Image.Resampling.BICUBIC,
    'pillow-lanczos': Image.Resampling.LANCZOS,
}
KNOWN = (*INTERPOLATIONS, *PILLOW_INTERPOLATIONS)


@dataclass(frozen=True)
class ResizeRule:
    """mmcv's `Resize`, without mmcv.

    Attributes:
        scale: width and height in pixels.
        keep_ratio: resize to the largest picture of the photo's proportions whose longer side is at most the
            larger number and whose shorter side is at most the smaller one; else stretch to exactly `scale`.
        interpolation: one of `KNOWN`: OpenCV's, or Pillow's, which smooth when they make a photo smaller.
    """

    scale: tuple[int, int]
    keep_ratio: bool = False
    interpolation: str = 'bilinear'

    def size_of(self, height: int, width: int) -> tuple[int, int]:
        """Return the (width, height) that a photo gets."""
        if not self.keep_ratio:
            return self.scale
        factor = min(max(self.scale) / max(height, width), min(self.scale) / min(height, width))
        return int(width * factor + 0.5), int(height * factor + 0.5)

    def __call__(self, photo: np.ndarray) -> np.ndarray:
        """Return uint8 (H, W, 3) -> uint8 (h, w, 3)."""
        size = self.size_of(*photo.shape[:2])
        if self.interpolation in PILLOW_INTERPOLATIONS:
            return np.asarray(Image.fromarray(photo).resize(size, PILLOW_INTERPOLATIONS[self.interpolation]))
        return cv2.resize(photo, size, interpolation=INTERPOLATIONS[self.interpolation])
