"""Bring what a network says of a cut back onto the photo, strip by strip to save memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..utils.upsampled_labels import PIXELS_PER_STRIP
from .detection.face_square import FaceSquare, of_pixel_centres

FADE = 0.15  # of the side of a square: where the view around it takes over
BEHIND = 1e3  # more than any distance within a square

Part = tuple[slice, slice]
"""Rows and columns of a photo."""


@dataclass(frozen=True, eq=False)
class View:
    """The answer of the network to one picture, and where in the photo that picture lies.

    Attributes:
        logits: float16 (C, h, w).
        matrix: float64 (2, 3), from the photo's coordinates to those of the logits; pixels are areas.
        square: what the picture shows, None for the whole photo.
        around: the view of a larger square around this one, whose logits take over towards its border.
    """

    logits: np.ndarray
    matrix: np.ndarray
    square: FaceSquare | None
    around: View | None = None

    @classmethod
    def of(cls, logits: np.ndarray, square: FaceSquare | None, shape: Sequence[int]) -> View:
        """Return the view of float32 logits (C, h, w) of a photo (H, W, ...)."""
        height, width = logits.shape[1:]
        if square is None:
            matrix = np.array([[width / shape[1], 0, 0], [0, height / shape[0], 0]])
        else:
            matrix = cv2.invertAffineTransform(square.matrix(1)) * np.array([[width], [height]])
        return cls(logits.astype(np.float16), matrix, square)

    def region(self, shape: Sequence[int]) -> Part:
        """Return the part of a photo (H, W, ...) in which the picture lies, or the larger one around it."""
        if self.around is not None:
            return self.around.region(shape)
        return (
            (slice(0, shape[0]), slice(0, shape[1]))
            if self.square is None
            else self.square.region(tuple(shape))
        )

    def strips(self, shape: Sequence[int]) -> Iterator[Part]:
        """Yield `region` in parts of 2^17 pixels."""
        rows, columns = self.region(shape)
        height = max(1, PIXELS_PER_STRIP // max(1, columns.stop - columns.start))
        for start in range(rows.start, rows.stop, height):
            yield slice(start, min(start + height, rows.stop)), columns

    def depth(self, part: Part) -> np.ndarray:
        """Return float32 (r, c): how far inside the picture's border, in units of its side; outside below 0."""
        x, y = _places(part)
        depth = np.full((y.size, x.size), np.inf, np.float32)
        for row, extent in zip(self.matrix.astype(np.float32), self.logits.shape[:0:-1], strict=True):
            place = (row[0] * x[None] + row[1] * y[:, None] + row[2]) / extent
            np.minimum(depth, np.minimum(place, 1 - place), out=depth)
        return depth

    def covers(self, part: Part) -> np.ndarray:
        """Return bool (r, c): which pixels the picture shows, or the larger one around it."""
        return (self if self.around is None else self.around).depth(part) >= 0

    def distance(self, part: Part) -> np.ndarray:
        """Return float32 (r, c): how far from the centre of the square, in units of its side."""
        assert self.square is not None
        x, y = _places(part)
        centre, side = self.square.centre, self.square.side
        return np.hypot((x[None] - centre[0]) / side, (y[:, None] - centre[1]) / side).astype(np.float32)

    def planes(self, part: Part) -> Iterator[np.ndarray]:
        """Yield float32 (r, c) for each class: its logits on a part of the photo, bilinear."""
        rows, columns = part
        matrix = self.matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ (columns.start, rows.start)
        own = (
            cv2.warpAffine(
                plane.astype(np.float32),
                of_pixel_centres(matrix),
                (columns.stop - columns.start, rows.stop - rows.start),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            for plane in self.logits
        )
        if self.around is None:
            yield from own
            return
        share = np.clip(self.depth(part) / FADE, 0, 1)
        for near, far in zip(own, self.around.planes(part), strict=True):
            yield far + share * (near - far)

    def labels(self, part: Part) -> np.ndarray:
        """Return uint8 (r, c): the class of the largest logit; of equal ones the first."""
        planes = self.planes(part)
        best = next(planes)
        labels = np.zeros(best.shape, np.uint8)
        for label, logit in enumerate(planes, start=1):
            labels[logit > best] = label
            np.maximum(best, logit, out=best)
        return labels

    def probabilities(self, part: Part) -> np.ndarray:
        """Return float32 (C, r, c), the softmax of the logits."""
        planes = np.stack(list(self.planes(part)))
        planes -= planes.max(0)
        np.exp(planes, out=planes)
        planes /= planes.sum(0)
        return planes

    def merged(self, groups: Sequence[Sequence[int]]) -> View:
        """Return the view in which class i stands for all of `groups[i]`: their probabilities are added.

        An empty group has no probability.
        """
        logits = self.logits.astype(np.float32)
        nothing = np.full(logits.shape[1:], np.finfo(np.float16).min, np.float32)
        added = [np.logaddexp.reduce(logits[list(group)], axis=0) if group else nothing for group in groups]
        around = self.around and self.around.merged(groups)
        return replace(self, logits=np.stack(added).astype(np.float16), around=around)

    def seen_through(self, matrix: np.ndarray) -> View:
        """Return the view in another picture; `matrix` (2, 3) leads from coordinates there to those of the photo."""
        around = self.around and self.around.seen_through(matrix)
        return View(self.logits, self.matrix @ np.vstack([matrix, (0, 0, 1)]), None, around)


def paste(views: Sequence[View], shape: Sequence[int], background: int) -> tuple[np.ndarray, np.ndarray]:
    """Return labels uint8 (H, W) of a photo (H, W, ...), and which view each comes from, counted from 1; 0 is none.

    A pixel belongs to the view that labels it other than background; of several to the one whose centre is nearest
    in units of its side. Where none does it is background, by the nearest view that shows it. What a view labels
    around its own square counts only where it is connected with what lies inside: hair and clothes go on there, and
    other people are none of its business.
    """
    labels = np.full(shape[:2], background, np.uint8)
    source = np.zeros(shape[:2], np.uint8 if len(views) < 256 else np.uint16)
    nearest = np.full(shape[:2], np.inf, np.float32) if len(views) > 1 else None
    for number, view in enumerate(views, start=1):
        region = view.region(shape)
        own = np.concatenate([view.labels(part) for part in view.strips(shape)] or [labels[region]])
        taken = view.covers(region)
        if view.around is not None:
            taken &= _connected((own != background) & taken, view.depth(region) >= 0) | (own == background)
        if nearest is not None:
            distance = view.distance(region) + np.where(own == background, np.float32(BEHIND), np.float32(0))
            taken &= distance < nearest[region]
            nearest[region][taken] = distance[taken]
        labels[region][taken] = own[taken]
        source[region][taken] = number
    return labels, source


def _connected(part: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """Return those connected regions of bool (r, c) in which there is a pixel of `seed`."""
    number, regions = cv2.connectedComponents(part.astype(np.uint8))
    kept = np.zeros(number, bool)
    kept[np.unique(regions[seed & part])] = True
    return kept[regions] & part


def _places(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return x (c,) and y (r,) of the centres of pixels."""
    rows, columns = part
    return np.arange(columns.start, columns.stop) + 0.5, np.arange(rows.start, rows.stop) + 0.5
