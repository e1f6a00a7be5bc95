"""Turn logits at the network's size into labels at the photo's size, strip by strip to save memory.

Bilinear resizing is a mixture of two source rows for each row of the photo, then the same along the width.
So a strip of rows of the photo needs a few rows of the logits only, and each strip is finished to labels
before the next one begins. For 12 megapixels and 19 classes the whole would be 900 MB; a strip is 2 MB.

This is the way on a CPU, with or without PyTorch; `labels_of_tensor` in models/segmentors is for GPUs.
"""

from __future__ import annotations

import cv2
import numpy as np

PIXELS_PER_STRIP = 2**17  # of one class in float32: half a megabyte, which stays in the processor's cache


def labels_of_array(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the class of the largest of float32 (C, h, w) logits after bilinear resizing to `size`: uint8 (H, W).

    Pixels are areas (`align_corners=False`). Of equal logits the first class wins.
    """
    height, width = size
    upper, lower, weight = source_rows(logits.shape[1], height)
    labels = np.zeros(size, np.uint8)
    for rows in strips(height, width, PIXELS_PER_STRIP):
        of_lower = weight[rows, None]
        narrow = logits[:, upper[rows]] * (1 - of_lower) + logits[:, lower[rows]] * of_lower
        best = _widened(narrow[0], width)
        for label, plane in enumerate(narrow[1:], start=1):
            logit = _widened(plane, width)
            labels[rows][logit > best] = label
            np.maximum(best, logit, out=best)
    return labels


def _widened(plane: np.ndarray, width: int) -> np.ndarray:
    return cv2.resize(plane, (width, len(plane)), interpolation=cv2.INTER_LINEAR)


def strips(height: int, width: int, pixels: int) -> list[slice]:
    """Return all rows of a picture, as many at a time as make up `pixels`."""
    rows = max(1, pixels // width)
    return [slice(start, start + rows) for start in range(0, height, rows)]


def source_rows(
    source: int, target: int, align_corners: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each row of a picture of `target` rows the two of `source` rows that it is mixed from.

    The coordinates are those of PyTorch's `interpolate`, computed in float32 as there.

    Returns:
        upper, lower: int64 (target,).
        weight: float32 (target,), the weight of `lower`; that of `upper` is the rest.
    """
    rows = np.arange(target, dtype=np.float32)
    if align_corners:
        position = rows * np.float32((source - 1) / max(1, target - 1))
    else:
        half = np.float32(0.5)
        position = np.maximum((rows + half) * np.float32(source / target) - half, np.float32(0))
    upper = np.minimum(position.astype(np.int64), source - 1)
    return upper, np.minimum(upper + 1, source - 1), (position - upper).astype(np.float32)
