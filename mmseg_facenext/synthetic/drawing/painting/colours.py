"""Colours of people and their clothes."""

from __future__ import annotations

import numpy as np

from .chance import pick

SKIN_TONES = np.array(
    [
        (0.93, 0.77, 0.68),
        (0.90, 0.71, 0.58),
        (0.84, 0.63, 0.49),
        (0.74, 0.53, 0.39),
        (0.59, 0.40, 0.28),
        (0.44, 0.29, 0.20),
        (0.31, 0.20, 0.15),
    ]
)
HAIR_COLOURS = np.array(
    [
        (0.06, 0.05, 0.05),
        (0.14, 0.09, 0.07),
        (0.25, 0.16, 0.10),
        (0.38, 0.24, 0.14),
        (0.55, 0.38, 0.22),
        (0.66, 0.50, 0.31),
        (0.78, 0.62, 0.40),
        (0.87, 0.74, 0.52),
        (0.50, 0.22, 0.11),
        (0.40, 0.39, 0.38),
        (0.62, 0.60, 0.58),
        (0.85, 0.84, 0.82),
    ]
)


def cloth_colour(rng: np.random.Generator) -> np.ndarray:
    """(3,) RGB: dark, white, grey, muted or bright."""
    kind = pick(rng, {'dark': 0.28, 'white': 0.28, 'grey': 0.13, 'muted': 0.25, 'bright': 0.15})
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
