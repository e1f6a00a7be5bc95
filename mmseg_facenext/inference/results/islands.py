"""Give up small islands of a class, which networks that learnt from drawings see where there is nothing."""

from __future__ import annotations

import cv2
import numpy as np

from ...taxonomy import LabelSpace

SHARE = 1 / 2000
"""Of the picture: pieces of a class that are smaller are islands."""

OF_LARGEST = 1 / 8
"""Of the largest piece of the same class: what small parts of a face must stay below, too, to be islands."""

LEAST_OF_SMALL, LEAST_OF_WORN = 1 / 4000, 1 / 400
"""Of the picture: what all pieces of a small part, and of glasses or a hat, must have together to be there at all."""

SMALL_PARTS = frozenset(
    ('nose', 'left eye', 'right eye', 'left brow', 'right brow', 'left ear', 'right ear')
    + ('mouth', 'upper lip', 'lower lip', 'earring')
)

WORN = frozenset(('eyeglasses', 'hat'))


def without_islands(logits: np.ndarray, space: LabelSpace) -> np.ndarray:
    """Return logits in which the class of each island is the least likely one, so that the next best takes its place.

    Args:
        logits: float32 (C, h, w) of one picture.
        space: what the classes are.
    """
    logits, least = logits.copy(), least_shares(space)
    for _ in range(3):  # what takes the place may be an island itself
        labels = logits.argmax(0)
        for label in np.unique(labels):
            where = labels == label
            if where.sum() >= least[label] * where.size:
                where = _islands(where, space.titles[label] in SMALL_PARTS)
            logits[label][where] = logits.min(0)[where] - 1
    return logits


def least_shares(space: LabelSpace) -> np.ndarray:
    """Return float (C,): what share of the picture of a face all pieces of a class have together if it is there."""
    least = dict.fromkeys(SMALL_PARTS, LEAST_OF_SMALL) | dict.fromkeys(WORN, LEAST_OF_WORN)
    return np.array([least.get(title, SHARE) for title in space.titles])


def _islands(mask: np.ndarray, is_small_part: bool) -> np.ndarray:
    """(h, w) bool -> the same for its islands."""
    _, pieces, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = facts[1:, cv2.CC_STAT_AREA]
    limit = SHARE * mask.size
    if is_small_part:
        limit = min(limit, OF_LARGEST * areas.max())
    return np.isin(pieces, 1 + np.flatnonzero(areas < limit))
