"""The look of hair: strands, highlights, grey, gloss; straight, wavy or curly."""

from __future__ import annotations

import cv2
import numpy as np

from ..painting.curves import Noise, Strands
from ..person import Person
from .head import Head


class HairTexture:
    """Colour of the hair at a place of the picture; callable like a `Texture`.

    Args:
        middle, part: where the hair is centred and where it is parted, view coordinates.
        wave: how far a wavy strand swings.
        curly: whether the strands are curls.
    """

    def __init__(
        self,
        head: Head,
        person: Person,
        rng: np.random.Generator,
        middle: float,
        part: float,
        wave: float,
        curly: bool,
    ):
        self.head, self.middle, self.part, self.wave, self.curly = head, middle, part, wave, curly
        self.strands = Strands(rng, rng.uniform(0.7, 1.3))
        self.noise = Noise(rng, 16, 2)
        self.colour = person.hair.astype(np.float32)
        tone = self.colour * rng.uniform(1.2, 2.2) + rng.uniform(0, 0.1)
        if person.age > 0.55:
            tone = 0.4 * self.colour + 0.6 * rng.uniform(0.45, 0.8)
        self.streak = np.clip(tone, 0, 0.95).astype(np.float32)
        self.streaks = np.float32(max(0.0, rng.uniform(-0.5, 0.9)))
        self.tips = np.float32(rng.uniform(1.0, 1.3) if rng.random() < 0.7 else rng.uniform(1.3, 2.2))
        self.contrast = np.float32(rng.uniform(0.2, 0.75))
        self.shine = np.clip(
            self.colour * rng.uniform(1.1, 1.6) + rng.uniform(0.05, 0.45) * np.array((1, 0.95, 0.88)), 0, 1
        ).astype(np.float32)
        self.gloss = np.float32(rng.choice((0.4, 1.0, 1.4)) * rng.uniform(0.1, 0.8))
        self.band = np.float32(rng.uniform(-1.8, -0.4))
        self.width = np.float32(rng.uniform(0.1, 0.55))
        self.light_x = float(person.light[0])
        self.ambient = np.float32(0.72 + 0.4 * person.ambient)
        self.roots = np.float32(rng.uniform(0.65, 1.0))
        self.zoom = np.float32(rng.uniform(2.5, 5) if curly else 1.6)
        self.curls = np.float32(rng.uniform(12, 22))

    def __call__(self, ux: np.ndarray, uy: np.ndarray) -> np.ndarray:
        x, y = self.head.unplace(ux, uy)
        wobble = self.noise(x * self.zoom, y * self.zoom)
        if self.curly:
            grain = 0.5 + 0.2 * np.sin(self.curls * wobble) + 0.3 * self.noise(x * 6 + wobble, y * 6)
            lock = grain
        else:
            fall = np.clip((y + 1.75) / 1.6, 0.02, 1)
            spread = np.sqrt(1 - (1 - fall) ** 2)
            bend = self.wave * np.sin(y * 5 + 2 * wobble) + (0.03 + 0.4 * self.wave) * wobble
            across = (x - self.middle - self.part * (1 - fall)) / spread + bend
            lock = self.strands(across * 0.35 + 1.3)
            grain = 0.6 * self.strands(across) + 0.4 * lock + 0.12 * self.noise(across * 6, y * 1.2)
        light = (1 - 0.55 * self.contrast) + self.contrast * grain
        side = np.clip((x - self.middle) * self.light_x, -1, 1)
        light *= (0.88 + 0.22 * side) * self.ambient
        light *= self.roots + (self.tips - self.roots) * np.clip((y + 1.5) / 3, 0, 1)
        glow = np.exp(-(((y - self.band - 0.25 * x * x + 0.15 * wobble) / self.width) ** 2)) * grain
        glow = np.clip(glow * (self.gloss * np.clip(0.7 + side, 0, 1)), 0, 1)
        light *= 1 - glow
        streaks = light * (self.streaks * np.clip(2.2 * lock - 1.1, 0, 1))
        # plain hair, streaks and gloss, mixed channel by channel
        parts = np.stack([light - streaks, streaks, glow], 2).astype(np.float32, copy=False)
        return cv2.transform(parts, np.stack([self.colour, self.streak, self.shine], 1))


def locks(paths: np.ndarray, widths: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Outlines of tapering locks.

    Args:
        paths: (samples, locks, 2) middle lines.
        widths: (locks,) widest width of each.
        profile: (samples,) share of the width along the lock.

    Returns:
        (locks, 2 * samples, 2)
    """
    along = np.empty_like(paths)
    along[1:-1] = paths[2:] - paths[:-2]
    along[0], along[-1] = paths[1] - paths[0], paths[-1] - paths[-2]
    across = along[..., ::-1] * (-1, 1)
    across /= np.hypot(across[..., 0], across[..., 1])[..., None] + 1e-9
    across *= 0.5 * profile[:, None, None] * widths[None, :, None]
    return np.concatenate([paths + across, (paths - across)[::-1]]).transpose(1, 0, 2)
