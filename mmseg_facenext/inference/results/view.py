"""What a network says of a face or a photo, and how the answers for several faces become one label map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..detection.face_square import FaceSquare, of_pixel_centres
from .canvas import Canvas, Part

FADE = 0.15  # of the side of a square: where the view around it takes over
BEHIND = 1e3  # more than any distance within a square


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

    def canvas(self) -> Canvas:
        """Return the logits of the picture, and of what lies around it, at the resolution of the picture."""
        if self.around is None:
            return Canvas(self.logits.astype(np.float32), self.matrix)
        height, width = self.logits.shape[1:]
        # From the picture to the larger one, which is enlarged until a pixel is as large as one of the picture.
        onto = self.around.matrix @ np.vstack([cv2.invertAffineTransform(self.matrix), (0, 0, 1)])
        scale = np.hypot(*onto[:, 0])
        size = [round(side / scale) for side in self.around.logits.shape[:0:-1]]
        ratio = np.array(size) / self.around.logits.shape[:0:-1]
        onto = onto * ratio[:, None]
        ends = np.array([(0, 0), (width, height)]) @ onto[:, :2].T + onto[:, 2]
        (left, top), (right, bottom) = np.floor(ends[0]).astype(int), np.ceil(ends[1]).astype(int)
        onto[:, 2] -= (left, top)
        inverse, part = cv2.invertAffineTransform(onto), (right - left, bottom - top)
        depth = np.minimum(_ramp(height)[:, None], _ramp(width))
        share = _warped(depth, inverse, part, cv2.BORDER_CONSTANT)
        logits = np.empty((len(self.logits), size[1], size[0]), np.float32)
        for plane, near, far in zip(logits, self.logits, self.around.logits, strict=True):
            cv2.resize(far.astype(np.float32), size, dst=plane, interpolation=cv2.INTER_LINEAR)
            middle = plane[top:bottom, left:right]
            middle += share * (_warped(near.astype(np.float32), inverse, part, cv2.BORDER_REPLICATE) - middle)
        return Canvas(logits, self.around.matrix * ratio[:, None])

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


def paste(
    views: Sequence[View], shape: Sequence[int], background: int, least: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels uint8 (H, W) of a photo (H, W, ...), and which view each comes from, counted from 1; 0 is none.

    A pixel belongs to the view that labels it other than background; of several to the one whose centre is nearest
    in units of its side. Where none does it is background, by the nearest view that shows it. What a view labels
    around its own square counts only where it is connected with what lies inside: hair and clothes go on there, and
    other people are none of its business.

    Args:
        least: share of a square, for all classes or (C,) for each; one of which a view has less gives way to the
            next best one.
    """
    labels = np.full(shape[:2], background, np.uint8)
    source = np.zeros(shape[:2], np.uint8 if len(views) < 256 else np.uint16)
    nearest = np.full(shape[:2], np.inf, np.float32) if len(views) > 1 else None
    for number, view in enumerate(views, start=1):
        square = view.square
        assert square is not None
        region = view.region(shape)
        own = _labels(view, region, least * square.side**2)
        taken = ((view.around and view.around.square) or square).inside(region)
        if view.around is not None:
            taken &= _connected((own != background) & taken, square.inside(region)) | (own == background)
        if nearest is not None:
            distance = square.distance(region) + np.where(
                own == background, np.float32(BEHIND), np.float32(0)
            )
            taken &= distance < nearest[region]
            nearest[region][taken] = distance[taken]
        labels[region][taken] = own[taken]
        source[region][taken] = number
    return labels, source


def _labels(view: View, region: Part, least: np.ndarray | float) -> np.ndarray:
    """Return uint8 (r, c) without the classes that have fewer than `least` pixels.

    Where the logits of two pictures are mixed, and between the pixels of one, a third class can win.
    """
    canvas = view.canvas()
    labels = canvas.labels(region)
    few = np.flatnonzero(np.bincount(labels.ravel(), minlength=len(view.logits)) < least)
    rows, columns = np.nonzero(np.isin(labels, few)) if len(few) else ((), ())
    if len(rows):
        inner = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        part = tuple(slice(i.start + r.start, i.stop + r.start) for i, r in zip(inner, region, strict=True))
        labels[inner] = canvas.labels((part[0], part[1]), without=few)
    return labels


def _connected(part: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """Return those connected regions of bool (r, c) in which there is a pixel of `seed`."""
    number, regions = cv2.connectedComponents(part.astype(np.uint8))
    kept = np.zeros(number, bool)
    kept[np.unique(regions[seed & part])] = True
    return kept[regions] & part


def _ramp(size: int) -> np.ndarray:
    """Return float32 (size,): 1 in the middle of a side, falling to 0 at its ends."""
    place = (np.arange(size, dtype=np.float32) + 0.5) / size
    return np.clip(np.minimum(place, 1 - place) / FADE, 0, 1)


def _warped(plane: np.ndarray, matrix: np.ndarray, size: Sequence[int], outside: int) -> np.ndarray:
    """Return float32 at `size` (width, height); `matrix` leads from coordinates there to those of the plane."""
    return cv2.warpAffine(
        plane,
        of_pixel_centres(matrix),
        list(size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=outside,
    )
