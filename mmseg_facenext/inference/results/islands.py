"""Give up small islands of a class, which networks that learnt from drawings see where there is nothing."""

from __future__ import annotations

import cv2
import numpy as np

from ...taxonomy import LabelSpace

SHARE = 1 / 2000
"""Of the picture: pieces of a class that are smaller are islands."""

OF_LARGEST, OF_LARGEST_SMALL = 1 / 50, 1 / 8
"""Of the largest piece of the class: smaller pieces of large parts are islands, too; of small parts, only those."""

LEAST_OF_SMALL, LEAST_OF_WORN = 1 / 4000, 1 / 400
"""Of the picture: what all pieces of a small part, and of glasses or a hat, must have together to be there at all."""

OF_SKIN = 1 / 12
"""Glasses of less than this share of the skin are shadows around the eyes; nearly all drawn ones are larger."""

SMALL_PARTS = frozenset(
    ('nose', 'left eye', 'right eye', 'left brow', 'right brow', 'left ear', 'right ear')
    + ('mouth', 'upper lip', 'lower lip', 'earring')
)

LARGE_PARTS = frozenset(('skin', 'hair', 'neck', 'cloth'))

WORN = frozenset(('eyeglasses', 'hat'))


def without_islands(logits: np.ndarray, space: LabelSpace) -> np.ndarray:
    """Return logits in which the class of each island is the least likely one, so that the next best takes its place.

    Args:
        logits: float32 (C, h, w) of one picture.
        space: what the classes are.
    """
    logits, labels = logits.copy(), _labels(logits)
    least = least_shares(space) * labels.size
    if {'eyeglasses', 'skin'} <= set(space.titles):
        skin = np.count_nonzero(labels == space.titles.index('skin'))
        glasses = space.titles.index('eyeglasses')
        least[glasses] = max(least[glasses], OF_SKIN * skin)
    to_look_at = np.arange(len(logits))
    for _ in range(3):  # what takes the place may be an island itself
        given_up = np.zeros(labels.shape, bool)
        for label in to_look_at:
            where = labels == label
            if np.count_nonzero(where) >= least[label]:
                where = _islands(where, space.titles[label])
            given_up |= where
        rows, columns = np.nonzero(given_up)
        before, there = labels[rows, columns], logits[:, rows, columns]
        there[before, np.arange(len(rows))] = there.min(0) - 1
        logits[:, rows, columns] = there
        labels[rows, columns] = there.argmax(0)
        to_look_at = np.union1d(before, labels[rows, columns])
    return logits


def least_shares(space: LabelSpace) -> np.ndarray:
    """Return float (C,): what share of the picture of a face all pieces of a class have together if it is there."""
    least = dict.fromkeys(SMALL_PARTS, LEAST_OF_SMALL) | dict.fromkeys(WORN, LEAST_OF_WORN)
    return np.array([least.get(title, SHARE) for title in space.titles])


def _labels(logits: np.ndarray) -> np.ndarray:
    """(C, h, w) -> int16 (h, w): `argmax(0)`, several times as fast."""
    labels, best = np.zeros(logits.shape[1:], np.int16), logits[0].copy()
    for label, plane in enumerate(logits[1:], start=1):
        labels[plane > best] = label
        np.maximum(best, plane, out=best)
    return labels


def _islands(mask: np.ndarray, title: str) -> np.ndarray:
    """(h, w) bool -> the same for its islands."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    if width == 0:
        return mask
    part = slice(top, top + height), slice(left, left + width)
    _, pieces, facts, _ = cv2.connectedComponentsWithStats(mask[part].astype(np.uint8), connectivity=8)
    areas = facts[1:, cv2.CC_STAT_AREA]
    limit = SHARE * mask.size
    if title in SMALL_PARTS:
        limit = min(limit, OF_LARGEST_SMALL * areas.max())
    elif title in LARGE_PARTS:
        limit = max(limit, OF_LARGEST * areas.max())
    result = np.zeros_like(mask)
    result[part] = np.concatenate([[False], areas < limit])[pieces]
    return result
