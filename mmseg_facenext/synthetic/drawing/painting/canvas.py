"""The drawing surface: an RGB picture and its label map, painted together, back to front.

All places are in unit coordinates (x to the right, y down, the picture is [0, 1] x [0, 1]), so a
scene looks the same at every size. Colours are RGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import NamedTuple

import cv2
import numpy as np

Points = np.ndarray
"""(N, 2) float, unit coordinates unless told otherwise."""
Colour = Sequence[float] | np.ndarray
Texture = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Maps two (h, w) grids of unit x and y to (3, h, w) RGB."""
Paint = Colour | Texture
"""Also a picture of the canvas's size, (3, size, size) float32, of which the covered part is taken."""
Outlines = np.ndarray | Sequence[np.ndarray]
"""One outline (N, 2), or several, as a list or as (count, N, 2)."""


class Stencil(NamedTuple):
    """What outlines cover, kept for many a `clip`: the box's left and top, and the covered share, uint8."""

    left: int
    top: int
    cover: np.ndarray


SHIFT, FIXED = 4, 16  # points are given to OpenCV in sixteenths of a pixel
SMALL = 4096  # pixels of a box in which edges are drawn more finely


class Part(IntEnum):
    """Label ids of CelebAMask-HQ; `L_`/`R_` are the subject's left and right."""

    BACKGROUND = 0
    SKIN = 1
    NOSE = 2
    EYE_G = 3
    L_EYE = 4
    R_EYE = 5
    L_BROW = 6
    R_BROW = 7
    L_EAR = 8
    R_EAR = 9
    MOUTH = 10
    U_LIP = 11
    L_LIP = 12
    HAIR = 13
    HAT = 14
    EAR_R = 15
    NECK_L = 16
    NECK = 17
    CLOTH = 18


class Canvas:
    """A picture, RGB float32 in [0, 1], and its label map, uint8 (size, size).

    The picture is kept as three planes (3, size, size): that is the fast way to mix a colour in.
    """

    def __init__(self, size: int):
        self.size = size
        self.planes = np.zeros((3, size, size), np.float32)
        self.labels = np.zeros((size, size), np.uint8)

    @property
    def image(self) -> np.ndarray:
        """The picture as (size, size, 3); a view, so that writing into it changes the picture."""
        return self.planes.transpose(1, 2, 0)

    def paint(
        self,
        outlines: Outlines,
        colour: Paint,
        part: Part | None = None,
        *,
        opacity: float = 1.0,
        soften: float = 0.0,
        clip: Outlines | Stencil | None = None,
        coarse: bool = False,
    ) -> None:
        """Fill outlines with a colour or a texture.

        Args:
            part: label of the pixels that the outlines cover by more than half.
            soften: standard deviation of the blurred edge, in unit coordinates.
            clip: paint only inside these outlines.
            coarse: the texture has no fine detail, so that a quarter of its pixels is enough.
        """
        found = self._cover(outlines, soften, clip)
        if found is None:
            return
        rows, columns, cover = found
        target = self.planes[:, rows, columns]
        if callable(colour):
            value = colour(*self._grid(rows, columns, 2 if coarse else 1))
            if coarse:
                value = np.stack([cv2.resize(plane, None, fx=2, fy=2) for plane in value])
                value = value[:, : cover.shape[0], : cover.shape[1]]
        else:
            value = np.asarray(colour, np.float32)
            value = value[:, rows, columns] if value.ndim == 3 else value[:, None, None]
        if part is not None:
            np.copyto(self.labels[rows, columns], np.uint8(part), where=cover > 127)
        difference = value - target
        difference *= np.multiply(cover, np.float32(opacity / 255), dtype=np.float32)
        target += difference

    def tint(
        self,
        outlines: Outlines,
        factor: Colour,
        part: Part | None = None,
        *,
        soften: float = 0.0,
        clip: Outlines | Stencil | None = None,
    ) -> None:
        """Multiply what is there by an RGB factor, which keeps its shading: shadows, lips, make-up."""
        found = self._cover(outlines, soften, clip)
        if found is None:
            return
        rows, columns, cover = found
        change = (np.asarray(factor, np.float32) - 1) * np.float32(1 / 255)
        factors = change[:, None, None] * cover
        factors += 1
        self.planes[:, rows, columns] *= factors
        if part is not None:
            np.copyto(self.labels[rows, columns], np.uint8(part), where=cover > 127)

    def paint_shades(
        self,
        outlines: np.ndarray,
        colour: np.ndarray,
        shades: Sequence[float],
        part: Part,
        soften: float = 0.0,
    ) -> None:
        """Fill outlines, (count, N, 2), with a picture, each in one of some shades of it in turn."""
        found = self._cover(outlines, soften, None)
        if found is None:
            return
        rows, columns, cover = found
        np.copyto(self.labels[rows, columns], np.uint8(part), where=cover > 127)
        shade = np.full(cover.shape, shades[0], np.float32)
        offset = (-FIXED * columns.start - FIXED // 2, -FIXED * rows.start - FIXED // 2)
        for index, outline in enumerate(self._fixed(outlines, 1)[1]):
            cv2.fillPoly(shade, [outline], shades[index % len(shades)], cv2.LINE_8, SHIFT, offset)
        target = self.planes[:, rows, columns]
        difference = colour[:, rows, columns] * shade
        difference -= target
        difference *= np.multiply(cover, np.float32(1 / 255), dtype=np.float32)
        target += difference

    def mark(self, outlines: Outlines, part: Part, clip: Outlines | Stencil | None = None) -> None:
        """Label pixels without touching the picture."""
        found = self._cover(outlines, 0.0, clip)
        if found is not None:
            rows, columns, cover = found
            np.copyto(self.labels[rows, columns], np.uint8(part), where=cover > 127)

    def save(self, outline: Points) -> tuple | None:
        """Return what is inside an outline now, for `restore`."""
        found = self._cover(outline, 0.0, None)
        if found is None:
            return None
        rows, columns, cover = found
        return rows, columns, cover, self.planes[:, rows, columns].copy(), self.labels[rows, columns].copy()

    def restore(self, saved: tuple | None) -> None:
        """Bring back what `save` took, over all that was painted since."""
        if saved is not None:
            rows, columns, cover, planes, labels = saved
            target = self.planes[:, rows, columns]
            target += (planes - target) * (cover * np.float32(1 / 255))
            np.copyto(self.labels[rows, columns], labels, where=cover > 127)

    def fill(self, texture: Texture) -> None:
        """Replace the whole picture by a texture without fine detail; labels stay."""
        half = (np.arange(-(-self.size // 2), dtype=np.float32) * 2 + 1) / self.size
        for plane, small in zip(self.planes, texture(*np.meshgrid(half, half)), strict=True):
            plane[:] = cv2.resize(small, None, fx=2, fy=2)[: self.size, : self.size]

    def render(self, texture: Texture, outlines: Outlines) -> np.ndarray:
        """Return a texture around outlines, (3, size, size), for `paint` to take parts of it; elsewhere it is 0."""
        planes = np.zeros_like(self.planes)
        left, top, right, bottom = _box(self._fixed(outlines, 1)[0], 2)
        rows = slice(max(top, 0), min(bottom, self.size))
        columns = slice(max(left, 0), min(right, self.size))
        if rows.start < rows.stop and columns.start < columns.stop:
            planes[:, rows, columns] = texture(*self._grid(rows, columns))
        return planes

    def stencil(self, outlines: Outlines) -> Stencil:
        """Return outlines as a mask that serves as `clip` several times."""
        points, shapes = self._fixed(outlines, 1)
        left, top, right, bottom = _box(points, 2)
        left, top = min(max(left, 0), self.size), min(max(top, 0), self.size)
        width, height = max(min(right, self.size) - left, 0), max(min(bottom, self.size) - top, 0)
        return Stencil(left, top, _rasterise(shapes, left, top, width, height))

    def _grid(self, rows: slice, columns: slice, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
        x = (np.arange(columns.start, columns.stop, step, dtype=np.float32) + 0.5 * step) / self.size
        y = (np.arange(rows.start, rows.stop, step, dtype=np.float32) + 0.5 * step) / self.size
        shape = len(y), len(x)
        return np.broadcast_to(x, shape), np.broadcast_to(y[:, None], shape)

    def _cover(self, outlines: Outlines, soften: float, clip: Outlines | Stencil | None):
        """The touched rows and columns and how much of each pixel is covered, uint8, or None if off-canvas."""
        sigma = soften * self.size
        # A wide blur needs no fine grid: drawing it coarsely costs the same at every picture size.
        step = max(1, int(sigma / 0.8))
        points, shapes = self._fixed(outlines, step)
        left, top, right, bottom = _box(points, int(2.5 * sigma / step) + 2)
        inside = (0, 0, self.size, self.size)
        if clip is not None:
            if not isinstance(clip, Stencil):
                clip = self.stencil(clip)
            height, width = clip.cover.shape
            inside = (clip.left, clip.top, clip.left + width, clip.top + height)
        left, top = max(left, inside[0] // step), max(top, inside[1] // step)
        right, bottom = min(right, -(-inside[2] // step)), min(bottom, -(-inside[3] // step))
        if right <= left or bottom <= top:
            return None
        cover = _rasterise(shapes, left, top, right - left, bottom - top, 0 if sigma > 0.45 else SMALL)
        if sigma > 0.45:
            cover = cv2.GaussianBlur(cover, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
        if step > 1:
            cover = cv2.resize(cover, None, fx=step, fy=step)
            x, y = max(left * step, inside[0]), max(top * step, inside[1])
            right, bottom = min(right * step, inside[2]), min(bottom * step, inside[3])
            cover = cover[y - top * step : bottom - top * step, x - left * step : right - left * step]
            left, top = x, y
            if right <= left or bottom <= top:
                return None
        if clip is not None:
            x, y = left - clip.left, top - clip.top
            cover = cv2.min(cover, clip.cover[y : y + bottom - top, x : x + right - left])
        return slice(top, bottom), slice(left, right), cover

    def _fixed(self, outlines: Outlines, step: int) -> tuple[np.ndarray, Sequence[np.ndarray]]:
        """All points in sixteenths of a cell of `step` pixels, (N, 2) int32, and the same for each outline."""
        scale = FIXED * self.size / step
        points = outlines if isinstance(outlines, np.ndarray) else np.concatenate(outlines)
        fixed = np.rint(points * scale).astype(np.int32)
        if isinstance(outlines, np.ndarray):
            return fixed.reshape(-1, 2), [fixed] if fixed.ndim == 2 else list(fixed)
        found, start = [], 0
        for outline in outlines:
            found.append(fixed[start : start + len(outline)])
            start += len(outline)
        return fixed, found


def _box(points: np.ndarray, margin: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a box around points, in whole cells."""
    x, y, width, height = cv2.boundingRect(points)
    return (
        x // FIXED - margin,
        y // FIXED - margin,
        -(-(x + width) // FIXED) + margin,
        -(-(y + height) // FIXED) + margin,
    )


def _rasterise(
    shapes: Sequence[np.ndarray], left: int, top: int, width: int, height: int, small: int = SMALL
) -> np.ndarray:
    """Return how much of each cell is covered, uint8 (height, width).

    OpenCV paints every pixel that an edge touches. A finer grid keeps eyes and lips from getting too large.
    """
    if not (width and height):
        return np.zeros((height, width), np.uint8)
    zoom = 2 if width * height <= small else 1  # power of two: grids of a quarter or half a cell
    fine = np.zeros((height << zoom, width << zoom), np.uint8)
    half = FIXED >> zoom + 1
    offset = (-FIXED * left - half, -FIXED * top - half)
    for shape in shapes:  # one by one: where two overlap, one call would leave a hole
        cv2.fillPoly(fine, [shape], 255, cv2.LINE_8, SHIFT - zoom, offset)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
