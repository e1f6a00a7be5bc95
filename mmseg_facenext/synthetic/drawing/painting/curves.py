"""Outlines from a few points, and smooth random textures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import cv2
import numpy as np


def curve(points, count: int = 8, closed: bool = False) -> np.ndarray:
    """Catmull-Rom curve through (N, 2) or (N, 3) points, `count` samples per piece."""
    p = np.asarray(points, np.float64)
    return _catmull_rom(len(p), count, closed) @ p


@lru_cache(maxsize=512)
def _catmull_rom(points: int, count: int, closed: bool) -> np.ndarray:
    """Return the weights of the points in each sample, (samples, points)."""
    pieces = points if closed else points - 1
    t = np.tile(np.arange(count) / count, pieces)
    piece = np.repeat(np.arange(pieces), count)
    weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
    found = np.zeros((len(t) + (not closed), points))
    for shift, weight in zip((-1, 0, 1, 2), weights, strict=True):
        at = (piece + shift) % points if closed else np.clip(piece + shift, 0, points - 1)
        np.add.at(found, (np.arange(len(t)), at), 0.5 * weight)
    if not closed:
        found[-1, -1] = 1
    return found


def ribbon(points, widths: float | Sequence[float] | np.ndarray) -> np.ndarray:
    """Outline of a stroke along (..., N, 2) points; `widths` are spread evenly along it."""
    p = np.ascontiguousarray(points, np.float64)
    z = p.view(np.complex128)[..., 0]  # turning by a right angle is a multiplication by 1j
    along = np.empty_like(z)
    along[..., 1:-1] = z[..., 2:] - z[..., :-2]
    along[..., 0], along[..., -1] = z[..., 1] - z[..., 0], z[..., -1] - z[..., -2]
    wide = (
        widths
        if isinstance(widths, float | int)
        else np.interp(steps(z.shape[-1]), steps(len(widths)), widths)
    )
    along *= 0.5j * wide / (np.abs(along) + 1e-9)
    outline = np.concatenate([z + along, (z - along)[..., ::-1]], -1)
    return outline.view(np.float64).reshape(*z.shape[:-1], -1, 2)


def joined(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return (N, 2) points of their two coordinates, of which one may be a number."""
    points = np.empty((max(np.size(x), np.size(y)), 2))
    points[:, 0], points[:, 1] = x, y
    return points


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
    return circle(count) * (rx, ry) + (x, y)


@lru_cache
def circle(count: int) -> np.ndarray:
    """(count, 2) points at distance 1 from the origin; shared, not to be written to."""
    angle = np.arange(count) * (2 * np.pi / count)
    return joined(np.cos(angle), np.sin(angle))


def moved(points, dx: float, dy: float) -> np.ndarray:
    return np.asarray(points, np.float64) + np.array((dx, dy))


def mirror(points) -> np.ndarray:
    """Closed outline: the given right half, top to bottom, and its reflection at x = 0."""
    p = np.asarray(points, np.float64)
    other = p[::-1].copy()
    other[:, 0] *= -1
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
        u = np.multiply(x, NOISE_RESOLUTION, dtype=np.float32)
        v = np.multiply(y, NOISE_RESOLUTION, dtype=np.float32)
        u += self.start[0]
        v += self.start[1]
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
            knots = rng.normal(size=count) * weight
            table += np.interp(np.arange(4096), steps(count) * 4096, knots)
        self.table = 0.5 + 0.33 * table

    def __call__(self, across: np.ndarray) -> np.ndarray:
        """`across` counts head widths across the strands."""
        index = np.multiply(across, 1000).astype(np.int32)
        index &= 4095
        return np.take(self.table, index)
