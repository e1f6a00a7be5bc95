"""Random colours."""

from __future__ import annotations

import numpy as np

from .chance import pick


def cloth_colour(rng: np.random.Generator) -> np.ndarray:
    """(3,) RGB: dark, white, grey, muted or bright."""
    kind = pick(rng, {'dark': 0.3, 'white': 0.17, 'grey': 0.13, 'muted': 0.25, 'bright': 0.15})
    if kind == 'dark':
        colour = rng.uniform(0.02, 0.2) + rng.normal(0, 0.03, 3)
    elif kind == 'white':
        colour = rng.uniform(0.75, 0.97) + rng.normal(0, 0.025, 3)
    elif kind == 'grey':
        colour = rng.uniform(0.2, 0.7) + rng.normal(0, 0.02, 3)
    elif kind == 'muted':
        colour = rng.uniform(0.15, 0.75) + rng.normal(0, 0.12, 3)
    else:
        colour = rng.uniform(0.05, 0.95, 3)
    return np.clip(colour, 0.02, 0.97)
