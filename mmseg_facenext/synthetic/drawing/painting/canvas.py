"""The drawing surface: an RGB picture and its label map, painted together, back to front.

All places are in unit coordinates (x to the right, y down, the picture is [0, 1] x [0, 1]), so a
scene looks the same at every size. Colours are RGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

import cv2
import numpy as np

Points = np.ndarray
"""(N, 2) float, unit coordinates unless said otherwise."""
Colour = Sequence[float] | np.ndarray
Texture = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Maps two (h, w) grids of unit x and y to (h, w, 3) RGB."""
Paint = Colour | Texture
"""Also a picture of the canvas's size, (3, size, size) float32, of which the covered part is taken."""
Outlines = np.ndarray | Sequence[np.ndarray]
"""One outline (N, 2), or several, as a list or as (count, N, 2)."""
SHIFT, FIXED = 4, 16  # OpenCV draws with points in sixteenths of a pixel


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
        clip: Outlines | None = None,
    ) -> None:
        """Fill outlines with a colour or a texture.

        Args:
            part: label of the pixels that the outlines cover by more than half.
            soften: standard deviation of the blurred edge, in unit coordinates.
            clip: paint only inside these outlines.
        """
        found = self._cover(outlines, soften, clip)
        if found is None:
            return
        region, cover = found
        target = self.planes[:, *region]
        if callable(colour):
            value = colour(*self._grid(region)).transpose(2, 0, 1)
        else:
            value = np.asarray(colour, np.float32)
            value = value[:, *region] if value.ndim == 3 else value[:, None, None]
        if part is not None:
            np.copyto(self.labels[region], np.uint8(part), where=cover > 127)
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
        clip: Outlines | None = None,
    ) -> None:
        """Multiply what is there by an RGB factor, which keeps its shading: shadows, lips, make-up."""
        found = self._cover(outlines, soften, clip)
        if found is None:
            return
        region, cover = found
        change = (np.asarray(factor, np.float32) - 1) * np.float32(1 / 255)
        factors = change[:, None, None] * cover
        factors += 1
        self.planes[:, *region] *= factors
        if part is not None:
            np.copyto(self.labels[region], np.uint8(part), where=cover > 127)

    def mark(self, outlines: Outlines, part: Part, clip: Outlines | None = None) -> None:
        """Label pixels without touching the picture."""
        found = self._cover(outlines, 0.0, clip)
        if found is not None:
            region, cover = found
            np.copyto(self.labels[region], np.uint8(part), where=cover > 127)

    def save(self, outline: Points) -> tuple | None:
        """Return what is inside an outline now, for `restore`."""
        found = self._cover(outline, 0.0, None)
        if found is None:
            return None
        region, cover = found
        return region, cover, self.planes[:, *region].copy(), self.labels[region].copy()

    def restore(self, saved: tuple | None) -> None:
        """Bring back what `save` took, over all that was painted since."""
        if saved is not None:
            region, cover, planes, labels = saved
            target = self.planes[:, *region]
            target += (planes - target) * (cover * np.float32(1 / 255))
            np.copyto(self.labels[region], labels, where=cover > 127)

    def fill(self, texture: Texture) -> None:
        """Replace the whole picture by a texture without fine detail; labels stay."""
        half = (np.arange(-(-self.size // 2), dtype=np.float32) * 2 + 1) / self.size
        small = texture(*np.meshgrid(half, half)).astype(np.float32, copy=False)
        large = cv2.resize(small, None, fx=2, fy=2)
        self.image[:] = large[: self.size, : self.size]

    def render(self, texture: Texture, outlines: Outlines) -> np.ndarray:
        """Return a texture around outlines, (3, size, size), for `paint` to take parts of it; elsewhere it is 0."""
        planes = np.zeros_like(self.planes)
        left, top, right, bottom = _box(self._fixed(outlines, 1), 2)
        rows = slice(max(top, 0), min(bottom, self.size))
        columns = slice(max(left, 0), min(right, self.size))
        if rows.start < rows.stop and columns.start < columns.stop:
            planes[:, rows, columns] = texture(*self._grid((rows, columns))).transpose(2, 0, 1)
        return planes

    def _grid(self, region) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = region
        x = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5) / self.size
        y = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) / self.size
        shape = len(y), len(x)
        return np.broadcast_to(x, shape), np.broadcast_to(y[:, None], shape)

    def _cover(self, outlines: Outlines, soften: float, clip: Outlines | None):
        """The touched region and how much of each of its pixels is covered, uint8, or None if off-canvas."""
        sigma = soften * self.size
        # A wide blur needs no fine grid: drawing it coarsely costs the same at every picture size.
        step = max(1, int(sigma / 0.8))
        shapes = self._fixed(outlines, step)
        left, top, right, bottom = _box(shapes, int(2.6 * sigma / step) + 2)
        side = -(-self.size // step)
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, side), min(bottom, side)
        clips = None
        if clip is not None:
            clips = self._fixed(clip, 1)
            clip_left, clip_top, clip_right, clip_bottom = _box(clips, 2)
            left, top = max(left, clip_left // step), max(top, clip_top // step)
            right, bottom = min(right, -(-clip_right // step)), min(bottom, -(-clip_bottom // step))
        if right <= left or bottom <= top:
            return None
        cover = _rasterise(shapes, left, top, right - left, bottom - top)
        if sigma > 0.4:
            cover = cv2.GaussianBlur(cover, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
        if step > 1:
            cover = cv2.resize(cover, None, fx=step, fy=step)
            left, top, right, bottom = left * step, top * step, right * step, bottom * step
            if right > self.size or bottom > self.size:
                right, bottom = min(right, self.size), min(bottom, self.size)
                cover = cover[: bottom - top, : right - left]
        if clips is not None:
            cover = cv2.min(cover, _rasterise(clips, left, top, right - left, bottom - top))
        return (slice(top, bottom), slice(left, right)), cover

    def _fixed(self, outlines: Outlines, step: int) -> list[np.ndarray]:
        """Outlines in sixteenths of a cell of `step` pixels, int32, as `fillPoly` takes them."""
        scale = FIXED * self.size / step
        if isinstance(outlines, np.ndarray):
            fixed = np.rint(outlines * scale).astype(np.int32)
            return [fixed] if fixed.ndim == 2 else list(fixed)
        if len(outlines) == 1:
            return [np.rint(outlines[0] * scale).astype(np.int32)]
        fixed = np.rint(np.concatenate(outlines) * scale).astype(np.int32)
        found, start = [], 0
        for outline in outlines:
            found.append(fixed[start : start + len(outline)])
            start += len(outline)
        return found


def _box(shapes: list[np.ndarray], margin: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a box around shapes, in whole cells."""
    x, y, width, height = cv2.boundingRect(shapes[0] if len(shapes) == 1 else np.concatenate(shapes))
    return (
        x // FIXED - margin,
        y // FIXED - margin,
        -(-(x + width) // FIXED) + margin,
        -(-(y + height) // FIXED) + margin,
    )


def _rasterise(shapes: list[np.ndarray], left: int, top: int, width: int, height: int) -> np.ndarray:
    """Return how much of each cell is covered, uint8 (height, width)."""
    cover = np.zeros((height, width), np.uint8)
    offset = (-FIXED * left - FIXED // 2, -FIXED * top - FIXED // 2)
    for shape in shapes:  # one by one: where two overlap, one call would leave a hole
        cv2.fillPoly(cover, [shape], 255, cv2.LINE_AA, SHIFT, offset)
    return cover
