"""Edges of a matte that follow those of the photo, such as strands of hair."""

from __future__ import annotations

import cv2
import numpy as np

SMOOTHNESS = 1e-3  # variance of lightness (0..1) below which an area counts as even


def follow_edges(photo: np.ndarray, matte: np.ndarray, radius: int) -> np.ndarray:
    """RGB uint8 (H, W, 3) and float32 (H, W) from 0 to 1 -> the matte as a local linear function of the lightness.

    The guided filter: He, Sun and Tang, "Guided Image Filtering", PAMI 2013, equations 5, 6 and 8.

    Args:
        radius: of the windows, in pixels; that of the blur which is to be sharpened.
    """
    lightness = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    slope = _mean(lightness * matte, radius) - _mean(lightness, radius) * _mean(matte, radius)
    slope /= _mean(lightness**2, radius) - _mean(lightness, radius) ** 2 + SMOOTHNESS
    shift = _mean(matte, radius) - slope * _mean(lightness, radius)
    return np.clip(_mean(slope, radius) * lightness + _mean(shift, radius), 0, 1)


def _mean(values: np.ndarray, radius: int) -> np.ndarray:
    return cv2.blur(values, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT)
