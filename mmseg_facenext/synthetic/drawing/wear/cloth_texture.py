"""The look of cloth: folds, weaves and prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..painting.chance import pick
from ..painting.colours import cloth_colour
from ..painting.curves import Noise
from ..person import Person

if TYPE_CHECKING:
    from ..anatomy.body import Body

PATTERNS = {'plain': 0.46, 'stripes': 0.17, 'checks': 0.1, 'print': 0.12, 'dots': 0.05, 'flowers': 0.1}
WEAVES = {'smooth': 0.4, 'knit': 0.2, 'rough': 0.2, 'leather': 0.1, 'denim': 0.1}


class ClothTexture:
    """Colour of a garment at a place of the picture; callable like a `Texture`."""

    def __init__(self, body: Body, colour: np.ndarray, person: Person, rng: np.random.Generator):
        self.body = body
        self.folds = Noise(rng, 16, 2)
        self.pattern, self.weave = pick(rng, PATTERNS), pick(rng, WEAVES)
        self.base, self.other = colour, cloth_colour(rng)
        self.third = cloth_colour(rng)
        colours = (self.base, self.other, self.third)
        self.base, self.other, self.third = (c.astype(np.float32)[:, None, None] for c in colours)
        self.count, angle = rng.uniform(1.5, 7), rng.choice((0.0, np.pi / 2, rng.uniform(-1.6, 1.6)))
        self.angle = float(np.cos(angle)), float(np.sin(angle))
        self.fill = rng.uniform(-0.95, 0.95)
        self.light_x = float(person.light[0])
        self.strength = np.float32(rng.uniform(0.05, 0.35))
        self.fold_angle = rng.uniform(0.4, 1.6, 2)

    def __call__(self, ux: np.ndarray, uy: np.ndarray) -> np.ndarray:
        x, y = self.body.unplace(ux, uy)
        a, b = self.fold_angle
        fold = self.folds(x * 1.6 * a + 0.7 * y, y * 0.7 * b - 0.4 * x)
        shade = 0.9 + self.strength * fold
        shade *= 1 + 0.25 * np.clip(x * self.light_x * 0.5, -0.9, 0.9)
        shade *= 1 - 0.1 * np.clip(np.abs(x) - 1.2, 0, 1.5)
        if self.weave == 'knit':
            shade *= 1 + 0.12 * np.sin(x * 45 + 1.5 * fold) * np.cos(y * 30)
        elif self.weave == 'rough':
            shade *= 1 + 0.22 * self.folds(x * 14, y * 14)
        elif self.weave == 'denim':
            shade *= 1 + 0.08 * np.sin((x + y) * 60) + 0.1 * self.folds(x * 9, y * 9)
        rgb = self._dyed(x, y) * shade
        if self.weave == 'leather':
            rgb += np.clip(2.5 * fold - 1.2, 0, 1) * np.float32(0.35)
        return rgb

    def _dyed(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        n = self.count
        if self.pattern == 'plain':
            return self.base
        if self.pattern == 'stripes':
            part = np.sin((self.angle[0] * x + self.angle[1] * y) * n * 6.3) > self.fill
        elif self.pattern == 'checks':
            part = 0.5 * (np.sin(x * n * 5) > self.fill) + 0.5 * (np.sin(y * n * 5) > self.fill)
        elif self.pattern == 'dots':
            part = np.sin(x * n * 6) * np.sin(y * n * 6) > 0.45
        else:
            part = self.folds(x * n + 3, y * n) > 0.3
        rgb = self.base + (self.other - self.base) * part.astype(np.float32)
        if self.pattern == 'flowers':
            more = (self.folds(x * n * 1.3 + 7, y * n * 1.3 + 5) > 0.45).astype(np.float32)
            rgb += (self.third - rgb) * more
        return rgb
