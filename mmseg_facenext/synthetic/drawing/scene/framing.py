"""Where the face is in the picture: as in CelebA-HQ's crops, or freer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..painting.chance import pick

KINDS = {'aligned': 0.66, 'loose': 0.22, 'wide': 0.12}


@dataclass(frozen=True)
class Framing:
    """How a picture differs from an aligned crop.

    Args:
        zoom: 1 for the crop's size of the face, less for a smaller face.
        shift: of the crop's centre, in pictures.
        roll: of the whole picture, radians.
    """

    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0

    def place(self, eyes: np.ndarray, mouth: np.ndarray) -> tuple[np.ndarray, float, float]:
        """Centre, scale and roll of a frame that shows a face like this.

        The aligned crop follows CelebA-HQ (Karras et al., Progressive Growing of GANs, 2018, appendix C).

        Args:
            eyes: (2, 2) centres of the eyes at the left and the right, in the frame's own coordinates.
            mouth: (2,) middle between the corners of the mouth.
        """
        middle = eyes.mean(0)
        between, down = eyes[1] - eyes[0], mouth - middle
        x = between + (down[1], -down[0])
        half = max(2.0 * np.hypot(*between), 1.8 * np.hypot(*down))
        roll = self.roll - np.arctan2(x[1], x[0])
        scale = self.zoom / (2 * half)
        cosine, sine = np.cos(roll), np.sin(roll)
        focus = np.array([(cosine, -sine), (sine, cosine)]) @ (middle + 0.1 * down) * scale
        return np.array(self.shift) + 0.5 - focus, float(scale), float(roll)

    def beside(self, rng: np.random.Generator) -> tuple[Framing, Framing]:
        """Framings of two people side by side, the first nearer to the camera."""
        side = rng.choice((-1, 1))
        zoom = self.zoom * rng.uniform(0.75, 1.1)
        apart, (x, y) = rng.uniform(2.3, 3.8) * self.zoom / 3.6, self.shift
        one = replace(self, shift=(x - side * 0.45 * apart, y))
        other = Framing(zoom, (x + side * 0.55 * apart, y + rng.normal(0, 0.05)), rng.normal(self.roll, 0.15))
        return one, other


def sample_framing(rng: np.random.Generator) -> Framing:
    kind = pick(rng, KINDS)
    if kind == 'aligned':
        zoom, spread, lift, roll = rng.normal(1, 0.04), 0.012, 0.0, 0.03
    elif kind == 'loose':
        zoom, spread, lift, roll = rng.uniform(0.65, 1.2), 0.05, 0.0, 0.12
    else:
        zoom, spread, lift, roll = rng.uniform(0.42, 0.66), 0.09, -0.07, 0.1
    x, y = rng.normal(0, spread, 2)
    return Framing(float(zoom), (float(x), float(y) + lift), float(rng.normal(0, roll)))
