"""Logits of a part of a photo, brought to the photo's pixels tile by tile.

Bilinear resizing mixes four logits, so between four neighbours no class can win whose largest logit there is below the
smallest one of another class. Most tiles have few classes left, and nothing has to be computed for the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import cv2
import numpy as np

from ..detection.face_square import of_pixel_centres

Part = tuple[slice, slice]
"""Rows and columns of a photo."""

TILE = 320  # pixels of the sides of a tile: a plane of it stays in the processor's cache
NEGLIGIBLE = 10.0  # a logit that is lower by this has a probability below 5e-5


class Canvas:
    """Logits float32 (C, h, w), and where in the photo they lie.

    Args:
        matrix: (2, 3), from the photo's coordinates to those of the logits; pixels are areas.
    """

    def __init__(self, logits: np.ndarray, matrix: np.ndarray) -> None:
        self.logits, self.matrix = logits, matrix
        cell, corner = np.ones((2, 2), np.uint8), (0, 0)  # a pixel with its right and lower neighbours
        least = np.full(logits.shape[1:], -np.inf, np.float32)
        for plane in logits:
            np.maximum(least, cv2.erode(plane, cell, anchor=corner), out=least)
        self._lead = np.empty(logits.shape, np.float32)
        for plane, lead in zip(logits, self._lead, strict=True):
            np.subtract(cv2.dilate(plane, cell, anchor=corner), least, out=lead)

    def labels(self, part: Part, without: Collection[int] = ()) -> np.ndarray:
        """Return uint8 (r, c): the class of the largest logit; of equal ones the first.

        Args:
            without: classes to leave out; each must have another one near it.
        """
        labels = np.empty((part[0].stop - part[0].start, part[1].stop - part[1].start), np.uint8)
        for inner, tile in tiles(part):
            found = self._candidates(tile, 0.0)
            first, *others = [label for label in found if label not in without] or found
            labels[inner] = first
            if not others:
                continue
            best = self._plane(first, tile)
            for label in others:
                logit = self._plane(label, tile)
                labels[inner][logit > best] = label
                np.maximum(best, logit, out=best)
        return labels

    def probability(self, part: Part, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """Return float32 (len(groups), r, c): for each group of classes the sum of their probabilities (softmax)."""
        rows, columns = part
        result = np.zeros((len(groups), rows.stop - rows.start, columns.stop - columns.start), np.float32)
        for (high, wide), tile in tiles(part):
            candidates = self._candidates(tile, NEGLIGIBLE)
            planes = np.stack([self._plane(label, tile) for label in candidates])
            planes -= planes.max(0)
            np.exp(planes, out=planes)
            planes /= planes.sum(0)
            for place, group in enumerate(groups):
                own = [candidates.index(label) for label in group if label in candidates]
                if own:
                    result[place, high, wide] = planes[own].sum(0)
        return result

    def _candidates(self, tile: Part, below: float) -> list[int]:
        """Return the classes whose logit comes within `below` of the largest one somewhere in a tile."""
        (top, bottom), (left, right) = ((each.start, each.stop) for each in tile)
        corners = np.array([(left, top), (right, top), (left, bottom), (right, bottom)])
        places = corners @ self.matrix[:, :2].T + self.matrix[:, 2] - 0.5
        limit = np.array(self.logits.shape[:0:-1]) - 1
        low = np.clip(np.floor(places.min(0)), 0, limit).astype(int)
        high = np.clip(np.floor(places.max(0)), 0, limit).astype(int) + 1
        lead = self._lead[:, low[1] : high[1], low[0] : high[0]].max((1, 2))
        return np.flatnonzero(lead >= min(-below, lead.max())).tolist()

    def _plane(self, label: int, tile: Part) -> np.ndarray:
        """Return float32 (r, c): the logits of a class on a part of the photo, bilinear."""
        rows, columns = tile
        matrix = self.matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ (columns.start, rows.start)
        return cv2.warpAffine(
            self.logits[label],
            of_pixel_centres(matrix),
            (columns.stop - columns.start, rows.stop - rows.start),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )


def tiles(part: Part) -> Iterator[tuple[Part, Part]]:
    """Yield the tiles of a part of a photo: rows and columns in the part, and in the photo."""
    rows, columns = part
    for top in range(rows.start, rows.stop, TILE):
        high = slice(top, min(top + TILE, rows.stop))
        for left in range(columns.start, columns.stop, TILE):
            wide = slice(left, min(left + TILE, columns.stop))
            inner = (
                slice(high.start - rows.start, high.stop - rows.start),
                slice(wide.start - columns.start, wide.stop - columns.start),
            )
            yield inner, (high, wide)
