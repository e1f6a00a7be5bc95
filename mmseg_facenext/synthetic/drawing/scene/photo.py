"""What a camera does to the picture."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

NOISE_TILE = 1024


@lru_cache
def _noise_tile() -> np.ndarray:
    """Normal noise, float32 (NOISE_TILE, NOISE_TILE, 3), partly the same in the three channels."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((NOISE_TILE, NOISE_TILE, 1), dtype=np.float32)
    return 0.85 * shared + 0.5 * rng.standard_normal((NOISE_TILE, NOISE_TILE, 3), dtype=np.float32)


def develop(planes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, colour cast, blur, noise and often JPEG: (3, size, size) float32 [0, 1] to (size, size, 3) uint8, RGB.

    The amount of each effect does not depend on the picture's size; the noise grain does.
    """
    size = planes.shape[1]
    gamma = rng.uniform(0.52, 1.08)
    contrast = rng.uniform(0.85, 1.2)
    cast = rng.normal(1, 0.05, 3).astype(np.float32)
    grey = rng.random() < 0.02
    blur = max(0.0, rng.uniform(-1.0, 1.0)) * 0.004
    grain = rng.uniform(0.0, 0.025)
    quality = int(rng.integers(35, 125))

    # blue, green, red, as OpenCV's encoder takes them
    pixels = cv2.merge([cv2.convertScaleAbs(planes[i], alpha=255 * float(cast[i])) for i in (2, 1, 0)])
    if blur * size > 0.3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), blur * size)
    curve = (np.linspace(0, 1, 256) ** gamma - 0.5) * contrast + 0.5
    levels = cv2.LUT(pixels, np.clip(curve * 255, 0, 255).astype(np.float32))
    times = -(-size // NOISE_TILE)
    noise = _noise_tile() if times == 1 else np.tile(_noise_tile(), (times, times, 1))
    row, column = rng.integers(0, len(noise) - size, 2, endpoint=True)
    levels += noise[row : row + size, column : column + size] * np.float32(grain * 255)
    if grey:
        levels[:] = levels.mean(2, keepdims=True)
    pixels = cv2.convertScaleAbs(levels)  # what noise makes negative is near 0 as well
    if quality < 96:
        _, packed = cv2.imencode('.jpg', pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
