"""The drawing surface: an RGB picture and its label map, painted together, back to front.

Everything is said in unit coordinates (x to the right, y down, the picture is [0, 1] x [0, 1]), so a
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
"""Also an image of the canvas's size, (size, size, 3) float32, of which the covered part is taken."""


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
    """An RGB float32 image (size, size, 3) in [0, 1] and a uint8 label map (size, size)."""

    def __init__(self, size: int):
        self.size = size
        self.image = np.zeros((size, size, 3), np.float32)
        self.labels = np.zeros((size, size), np.uint8)

    def paint(
        self,
        outlines: Points | Sequence[Points],
        colour: Paint,
        part: Part | None = None,
        *,
        opacity: float = 1.0,
        soften: float = 0.0,
        clip: Points | Sequence[Points] | None = None,
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
        target = self.image[region]
        if callable(colour):
            value = colour(*self._grid(region))
        else:
            value = np.asarray(colour, np.float32)
            value = value[region] if value.ndim == 3 else value
        if part is not None:
            self._label(region, cover, part)
        if opacity != 1:
            cover *= np.float32(opacity)
        target += (value - target) * cover[..., None]

    def tint(
        self,
        outlines: Points | Sequence[Points],
        factor: Colour,
        part: Part | None = None,
        *,
        soften: float = 0.0,
        clip: Points | Sequence[Points] | None = None,
    ) -> None:
        """Multiply what is there by an RGB factor, which keeps its shading: shadows, lips, make-up."""
        found = self._cover(outlines, soften, clip)
        if found is None:
            return
        region, cover = found
        self.image[region] *= 1 + (np.asarray(factor, np.float32) - 1) * cover[..., None]
        if part is not None:
            self._label(region, cover, part)

    def mark(
        self, outlines: Points | Sequence[Points], part: Part, clip: Points | Sequence[Points] | None = None
    ):
        """Label pixels without touching the picture."""
        found = self._cover(outlines, 0.0, clip)
        if found is not None:
            region, cover = found
            self._label(region, cover, part)

    def save(self, outline: Points) -> tuple | None:
        """Return what is inside an outline now, for `restore`."""
        found = self._cover(outline, 0.0, None)
        if found is None:
            return None
        region, cover = found
        return region, cover[..., None], self.image[region].copy(), self.labels[region].copy()

    def restore(self, saved: tuple | None) -> None:
        """Bring back what `save` took, over all that was painted since."""
        if saved is not None:
            region, cover, image, labels = saved
            self.image[region] += (image - self.image[region]) * cover
            self.labels[region] = np.where(cover[..., 0] > 0.5, labels, self.labels[region])

    def fill(self, texture: Texture) -> None:
        """Replace the whole picture by a texture without fine detail; labels stay."""
        half = (np.arange(-(-self.size // 2), dtype=np.float32) * 2 + 1) / self.size
        small = texture(*np.meshgrid(half, half)).astype(np.float32, copy=False)
        large = cv2.resize(small, None, fx=2, fy=2)
        self.image[:] = large[: self.size, : self.size]

    def render(self, texture: Texture) -> np.ndarray:
        """Return the texture all over the picture, for `paint` to take parts of it."""
        everything = (slice(0, self.size), slice(0, self.size))
        return texture(*self._grid(everything))

    def _label(self, region, cover: np.ndarray, part: Part) -> None:
        self.labels[region][cover > 0.5] = part

    def _grid(self, region) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = region
        x = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5) / self.size
        y = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) / self.size
        grid = np.meshgrid(x, y)
        return grid[0], grid[1]

    def _cover(self, outlines, soften: float, clip: Points | Sequence[Points] | None):
        """The touched region and how much of each of its pixels is covered, or None if off-canvas."""
        shapes = [outlines] if isinstance(outlines, np.ndarray) else list(outlines)
        points = shapes[0] if len(shapes) == 1 else np.concatenate(shapes)
        margin = 3 * soften * self.size + 1.5
        low, high = self._box(points, margin)
        clips: list[Points] = []
        if clip is not None:
            clips = [clip] if isinstance(clip, np.ndarray) else list(clip)
            clip_low, clip_high = self._box(clips[0] if len(clips) == 1 else np.concatenate(clips), 1.5)
            low, high = np.maximum(low, clip_low), np.minimum(high, clip_high)
        if high[0] <= low[0] or high[1] <= low[1]:
            return None
        region = (slice(low[1], high[1]), slice(low[0], high[0]))
        cover = self._rasterise(shapes, low, high, soften * self.size)
        if clips:
            cover = np.minimum(cover, self._rasterise(clips, low, high, 0.0))
        return region, np.multiply(cover, np.float32(1 / 255), dtype=np.float32)

    def _box(self, points: Points, margin: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last pixel (x, y) of the box around points, at most the whole picture."""
        low = np.floor(points.min(0) * self.size - margin)
        high = np.ceil(points.max(0) * self.size + margin)
        return np.maximum(low, 0).astype(int), np.minimum(high, self.size).astype(int)

    def _rasterise(self, shapes, low, high, sigma: float) -> np.ndarray:
        """Return how much of each pixel is covered, uint8."""
        # A wide blur needs no fine grid: drawing it coarsely costs the same at every picture size.
        step = max(1, int(sigma / 1.2))
        width, height = -(-(high - low) // step)
        cover = np.zeros((height, width), np.uint8)
        scale, shift = 16 * self.size / step, -16 * (low / step + 0.5)
        for shape in shapes:
            cv2.fillPoly(cover, [np.rint(shape * scale + shift).astype(np.int32)], 255, cv2.LINE_AA, 4)
        if sigma > 0.2:
            cover = cv2.GaussianBlur(cover, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
        if step > 1:
            cover = cv2.resize(cover, (width * step, height * step))
            cover = cover[: high[1] - low[1], : high[0] - low[0]]
        return cover
