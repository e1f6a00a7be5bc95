"""What a camera does to the picture."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

NOISE_TILE = 1024  # a power of two


@lru_cache
def _noise_tile() -> np.ndarray:
    """Normal noise, float32 (NOISE_TILE, NOISE_TILE, 3), partly the same in the three channels."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((NOISE_TILE, NOISE_TILE, 1), dtype=np.float32)
    return 0.85 * shared + 0.5 * rng.standard_normal((NOISE_TILE, NOISE_TILE, 3), dtype=np.float32)


def develop(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, colour cast, blur, noise and JPEG: RGB float32 [0, 1] to RGB uint8.

    The amount of each effect does not depend on the picture's size; the noise grain does.
    """
    size = image.shape[0]
    gamma = rng.uniform(0.62, 1.1)
    contrast = rng.uniform(0.85, 1.2)
    cast = rng.normal(1, 0.05, 3).astype(np.float32)
    grey = rng.random() < 0.02
    blur = max(0.0, rng.uniform(-0.5, 1.0)) * 0.004
    grain = rng.uniform(0.0, 0.025)
    quality = int(rng.integers(35, 96))

    levels = image * cast
    if blur * size > 0.3:
        levels = cv2.GaussianBlur(levels, (0, 0), blur * size)
    pixels = (np.clip(levels, 0, 1) * 255 + 0.5).astype(np.uint8)
    curve = (np.linspace(0, 1, 256) ** gamma - 0.5) * contrast + 0.5
    levels = cv2.LUT(pixels, np.clip(curve * 255, 0, 255).astype(np.float32))
    row, column = rng.integers(0, NOISE_TILE, 2)
    rows, columns = (np.arange(size) + start & (NOISE_TILE - 1) for start in (row, column))
    levels += _noise_tile()[rows[:, None], columns] * np.float32(grain * 255)
    if grey:
        levels[:] = levels.mean(2, keepdims=True)
    pixels = np.clip(levels, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode('.jpg', pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))[..., ::-1])
