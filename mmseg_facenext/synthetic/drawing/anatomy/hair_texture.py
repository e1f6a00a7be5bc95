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
        self.strands = Strands(rng, rng.uniform(0.8, 1.8))
        self.noise = Noise(rng, 16, 2)
        self.colour = person.hair.astype(np.float32)
        tone = self.colour * rng.uniform(1.2, 2.2) + rng.uniform(0, 0.1)
        if person.age > 0.55:
            tone = 0.4 * self.colour + 0.6 * rng.uniform(0.45, 0.8)
        self.streak = np.clip(tone, 0, 0.95).astype(np.float32)
        self.streaks = np.float32(max(0.0, rng.uniform(-0.8, 0.7)))
        self.tips = np.float32(rng.uniform(1.0, 1.3) if rng.random() < 0.7 else rng.uniform(1.3, 2.2))
        self.contrast = np.float32(rng.uniform(0.4, 1.1))
        shine = np.clip(
            self.colour * rng.uniform(1.1, 1.6) + rng.uniform(0.05, 0.45) * np.array((1, 0.95, 0.88)), 0, 1
        ).astype(np.float32)
        self.mix = np.stack([self.colour, self.streak, shine], 1)
        self.gloss = np.float32(rng.choice((0.4, 1.0, 1.7)) * rng.uniform(0.1, 0.9))
        self.band = np.float32(rng.uniform(-1.8, -0.4))
        self.width = np.float32(rng.uniform(0.1, 0.55))
        self.light_x = float(person.light[0])
        self.ambient = np.float32(0.72 + 0.4 * person.ambient)
        self.roots = np.float32(rng.uniform(0.45, 1.0))
        self.zoom = np.float32(rng.uniform(2.5, 5) if curly else 1.6)
        self.curls = np.float32(rng.uniform(12, 22))

    def __call__(self, ux: np.ndarray, uy: np.ndarray) -> np.ndarray:
        height, width = ux.shape
        small = width // 2 + 1, height // 2 + 1
        # what changes slowly is computed for every second pixel
        x, y = self.head.unplace(*(cv2.resize(u, small) for u in (ux, uy)))

        def full(field: np.ndarray) -> np.ndarray:
            return cv2.resize(field, (width, height))

        wobble = self.noise(x * self.zoom, y * self.zoom)
        if self.curly:
            grain = 0.5 + 0.2 * np.sin(self.curls * wobble) + 0.3 * self.noise(x * 6 + wobble, y * 6)
            lock = grain = full(grain.astype(np.float32, copy=False))
        else:
            fall = np.minimum(np.maximum((y + 1.75) / 1.6, np.float32(0.02)), 1)
            spread = np.sqrt(fall * (2 - fall))
            bend = self.wave * np.sin(y * 5 + 2 * wobble) + (0.03 + 0.4 * self.wave) * wobble
            across = (x - self.middle - self.part * (1 - fall)) / spread + bend
            patches = 0.12 * self.noise(across * 6, y * 1.2)
            across = full(across.astype(np.float32, copy=False))
            lock = self.strands(across * np.float32(0.35) + np.float32(1.3))
            grain = self.strands(across)
            grain *= np.float32(0.6)
            grain += np.float32(0.4) * lock
            grain += full(patches)
        side = np.minimum(np.maximum((x - self.middle) * self.light_x, -1), 1)
        base = (0.88 + 0.32 * side + 0.14 * wobble) * self.ambient
        base *= self.roots + (self.tips - self.roots) * np.minimum(np.maximum((y + 1.5) / 3, 0), 1)
        glow = np.exp(-(((y - self.band - 0.25 * x * x + 0.15 * wobble) / self.width) ** 2))
        glow *= self.gloss * np.minimum(np.maximum(0.7 + side, 0), 1)
        light = self.contrast * grain
        light += 1 - np.float32(0.6) * self.contrast
        np.maximum(light, np.float32(0.08), out=light)
        light *= full(base.astype(np.float32, copy=False))
        glow = full(glow.astype(np.float32, copy=False))
        glow *= grain
        np.minimum(np.maximum(glow, 0, out=glow), 1, out=glow)
        light *= 1 - glow
        streaks = np.float32(2.2) * lock
        streaks -= np.float32(1.1)
        np.minimum(np.maximum(streaks, 0, out=streaks), 1, out=streaks)
        streaks *= light
        streaks *= self.streaks
        light -= streaks
        # plain hair, streaks and gloss, mixed channel by channel
        return np.tensordot(self.mix, np.stack([light, streaks, glow]), 1)


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
