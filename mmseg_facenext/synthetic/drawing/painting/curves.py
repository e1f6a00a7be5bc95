"""Outlines from a few points, and smooth random textures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import cv2
import numpy as np


def curve(points, count: int = 8, closed: bool = False) -> np.ndarray:
    """Catmull-Rom curve through (N, 2) or (N, 3) points, `count` samples per piece."""
    p = np.asarray(points, np.float64)
    before, after = (p[-1:], p[:2]) if closed else (p[:1], p[-1:])
    q = np.concatenate([before, p, after])
    pieces = len(q) - 3
    t = (np.arange(count) / count)[None, :, None]
    a, b, c, d = (q[i : i + pieces, None] for i in range(4))
    samples = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    samples = samples.reshape(-1, p.shape[1])
    return samples if closed else np.concatenate([samples, p[-1:]])


def ribbon(points, widths: float | Sequence[float] | np.ndarray) -> np.ndarray:
    """Outline of a stroke along (N, 2) points; `widths` are spread evenly along it."""
    p = np.asarray(points, np.float64)
    across = np.empty_like(p)
    across[1:-1] = p[2:, ::-1] - p[:-2, ::-1]
    across[0], across[-1] = p[1, ::-1] - p[0, ::-1], p[-1, ::-1] - p[-2, ::-1]
    across[:, 0] *= -1
    across *= (0.5 / (np.hypot(across[:, 0], across[:, 1]) + 1e-9))[:, None]
    if isinstance(widths, float | int):
        across *= widths
    else:
        across *= np.interp(steps(len(p)), steps(len(widths)), widths)[:, None]
    return np.concatenate([p + across, (p - across)[::-1]])


@lru_cache
def steps(count: int) -> np.ndarray:
    """`count` numbers from 0 to 1 at equal distances; shared, not to be written to."""
    return np.linspace(0, 1, count)


def strokes(starts: np.ndarray, ends: np.ndarray, width: float) -> np.ndarray:
    """(N, 3, 2) thin triangles from the starts (N, 2), where they are `width` wide, to the ends."""
    along = ends - starts
    across = along[:, ::-1] * (-1, 1) * (width / 2 / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-9))
    return np.stack([starts + across, ends, starts - across], 1)


def loop(points, width: float) -> np.ndarray:
    """Outline of a stroke along a closed line: outer and inner edge, joined by a seam without width."""
    p = np.asarray(points, np.float64)
    along = np.roll(p, -1, 0) - np.roll(p, 1, 0)
    across = along[:, ::-1] * (-1, 1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-9)
    one, other = p + across * width / 2, (p - across * width / 2)[::-1]
    return np.concatenate([one, one[:1], other[-1:], other])


def ellipse(x: float, y: float, rx: float, ry: float, count: int = 24) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], 1)


def moved(points, dx: float, dy: float) -> np.ndarray:
    return np.asarray(points, np.float64) + np.array((dx, dy))


def mirror(points) -> np.ndarray:
    """Closed outline: the given right half, top to bottom, and its reflection at x = 0."""
    p = np.asarray(points, np.float64)
    other = p[::-1] * np.where(np.arange(p.shape[1]) == 0, -1, 1)
    return np.concatenate([p, other])


NOISE_FIELDS, NOISE_RESOLUTION = 24, 8


class Noise:
    """Smooth random field of about [-1, 1]; one cell is one unit of its coordinates; repeats.

    The fields are shared: which one it is and where it begins is random.
    """

    def __init__(self, rng: np.random.Generator, cells: int = 16, octaves: int = 1):
        self.field = _noise_field(cells, octaves, int(rng.integers(NOISE_FIELDS)))
        u, v = (rng.random(2) * cells * NOISE_RESOLUTION).astype(np.float32)
        self.start = u, v

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        u = (x * NOISE_RESOLUTION + self.start[0]).astype(np.float32, copy=False)
        v = (y * NOISE_RESOLUTION + self.start[1]).astype(np.float32, copy=False)
        return cv2.remap(self.field, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


@cache
def _noise_field(cells: int, octaves: int, number: int) -> np.ndarray:
    """Float32 (cells * NOISE_RESOLUTION)^2; the same for the same arguments."""
    rng = np.random.default_rng([cells, octaves, number])
    side = cells * NOISE_RESOLUTION
    field = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        count = min(cells * 2**octave, side)
        grid = np.pad(rng.normal(size=(count, count)).astype(np.float32), 2, 'wrap')
        step = side // count
        large = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        field += large[2 * step : 2 * step + side, 2 * step : 2 * step + side] * np.float32(0.6 * 0.5**octave)
    return field


class Strands:
    """Hair-like 1-D noise in about [0, 1]: fine strands grouped in locks."""

    def __init__(self, rng: np.random.Generator, fineness: float = 1.0):
        table = np.zeros(4096, np.float32)
        for count, weight in ((64, 0.5), (256, 0.6), (int(700 * fineness), 0.6)):
            knots = rng.normal(size=count)
            table += weight * np.interp(np.arange(4096), np.linspace(0, 4096, count), knots).astype(
                np.float32
            )
        self.table = 0.5 + 0.33 * table

    def __call__(self, across: np.ndarray) -> np.ndarray:
        """`across` counts head widths across the strands."""
        index = (across * 1000).astype(np.int32) & 4095
        return self.table[index]
