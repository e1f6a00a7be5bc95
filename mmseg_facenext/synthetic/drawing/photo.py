"""What is not the person: the backdrop, and what a camera does to the picture."""

from __future__ import annotations

import cv2
import numpy as np

from .canvas import Canvas, Texture
from .chance import pick
from .curves import Noise, ellipse
from .person import Person


def paint_backdrop(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    low, high = _colour(rng), _colour(rng)
    like = pick(rng, {'nothing': 0.6, 'hair': 0.15, 'cloth': 0.15, 'skin': 0.1})
    if like != 'nothing':  # a person hardly stands out from some backgrounds
        low = np.clip(
            {'hair': person.hair, 'cloth': person.cloth, 'skin': person.skin}[like] * rng.uniform(0.7, 1.3),
            0,
            1,
        )
    kind = pick(rng, {'plain': 0.3, 'clouds': 0.25, 'shapes': 0.3, 'stripes': 0.15})
    canvas.fill(_gradient(low, high, rng, rough=kind != 'plain'))
    if kind == 'shapes':
        for _ in range(int(rng.integers(4, 14))):
            x, y = rng.random(2)
            rx, ry = rng.uniform(0.03, 0.3, 2)
            shape = ellipse(x, y, rx, ry, 24)
            if rng.random() < 0.6:
                shape = np.array([(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)])
            canvas.paint(
                shape, _colour(rng), opacity=rng.uniform(0.3, 1), soften=float(rng.choice([0.0, 0.01, 0.04]))
            )
    if kind == 'stripes':
        width = rng.uniform(0.03, 0.15)
        slope = rng.normal(0, 0.3)
        soften = float(rng.choice([0.0, 0.01, 0.02]))
        colour = _colour(rng)
        bars = [
            np.array([(x, -0.1), (x + width / 2, -0.1), (x + width / 2 + slope, 1.1), (x + slope, 1.1)])
            for x in np.arange(-0.5, 1.5, width)
        ]
        canvas.paint(bars, colour, opacity=rng.uniform(0.3, 0.9), soften=soften)


def _colour(rng: np.random.Generator) -> np.ndarray:
    return np.clip(rng.uniform(0.05, 0.95) + rng.normal(0, rng.choice((0.02, 0.05, 0.15)), 3), 0, 1)


def _gradient(low, high, rng: np.random.Generator, rough: bool) -> Texture:
    angle = rng.uniform(0, 2 * np.pi)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    low, high = low.astype(np.float32), high.astype(np.float32)
    noise = Noise(rng, 8, 3)
    strength = rng.uniform(0.15, 0.5) if rough else 0.05
    zoom = rng.uniform(1.5, 5)

    def texture(x, y):
        along = 0.5 + (x - 0.5) * cosine + (y - 0.5) * sine
        mix = np.clip(along + strength * noise(x * zoom, y * zoom), 0, 1)[..., None]
        return low + (high - low) * mix

    return texture


def develop(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, colour cast, blur, noise and JPEG: RGB float32 [0, 1] to RGB uint8.

    The amount of each effect does not depend on the picture's size; the noise grain does.
    """
    size = image.shape[0]
    gamma = rng.uniform(0.7, 1.2)
    contrast = rng.uniform(0.85, 1.2)
    cast = rng.normal(1, 0.05, 3).astype(np.float32)
    grey = rng.random() < 0.02
    blur = max(0.0, rng.uniform(-0.5, 1.0)) * 0.004
    grain = rng.uniform(0.0, 0.025)
    quality = int(rng.integers(35, 96))
    coarse = np.random.default_rng(rng.integers(2**32))

    levels = image * cast
    if blur * size > 0.3:
        levels = cv2.GaussianBlur(levels, (0, 0), blur * size)
    pixels = (np.clip(levels, 0, 1) * 255 + 0.5).astype(np.uint8)
    curve = (np.linspace(0, 1, 256) ** gamma - 0.5) * contrast + 0.5
    levels = cv2.LUT(pixels, np.clip(curve * 255, 0, 255).astype(np.float32))
    levels += coarse.standard_normal((size, size, 1), dtype=np.float32) * (grain * 255)
    if grey:
        levels[:] = levels.mean(2, keepdims=True)
    pixels = np.clip(levels + 0.5, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode('.jpg', pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))[..., ::-1])
