"""Give up small islands of a class, which networks that learnt from drawings see where there is nothing."""

from __future__ import annotations

import cv2
import numpy as np

from ...taxonomy import LabelSpace

SHARE = 1 / 2000
"""Of the picture: pieces of a class that are smaller are islands."""

OF_LARGEST = 1 / 8
"""Of the largest piece of the same class: what small parts of a face must stay below, too, to be islands."""

SMALL_PARTS = frozenset(
    ('nose', 'left eye', 'right eye', 'left brow', 'right brow', 'left ear', 'right ear')
    + ('mouth', 'upper lip', 'lower lip', 'earring')
)


def without_islands(logits: np.ndarray, space: LabelSpace) -> np.ndarray:
    """Return logits in which the class of each island is the least likely one, so that the next best takes its place.

    Args:
        logits: float32 (C, h, w) of one picture.
        space: what the classes are.
    """
    logits = logits.copy()
    for _ in range(3):  # what takes the place may be an island itself
        labels = logits.argmax(0)
        for label in np.unique(labels):
            where = _islands(labels == label, space.titles[label] in SMALL_PARTS)
            logits[label][where] = logits.min(0)[where] - 1
    return logits


def _islands(mask: np.ndarray, is_small_part: bool) -> np.ndarray:
    """(h, w) bool -> the same for its islands."""
    _, pieces, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = facts[1:, cv2.CC_STAT_AREA]
    limit = SHARE * mask.size
    if is_small_part:
        limit = min(limit, OF_LARGEST * areas.max())
    return np.isin(pieces, 1 + np.flatnonzero(areas < limit))
