"""Who is in the picture: every choice that more than one part of the drawing depends on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .painting.chance import pick
from .painting.colours import HAIR_COLOURS, SKIN_TONES, cloth_colour
from .scene.framing import Framing, sample_framing

HAIR_STYLES = {
    'bald': 0.04,
    'buzz': 0.06,
    'short': 0.25,
    'curly': 0.10,
    'bob': 0.13,
    'long': 0.48,
    'up': 0.08,
}
BEARDS = {'stubble': 0.4, 'full': 0.27, 'goatee': 0.14, 'moustache': 0.12, 'long': 0.07}
HATS = {'beanie': 0.3, 'cap': 0.27, 'brim': 0.28, 'scarf': 0.15}

PLAIN: dict[str, dict[str, Any]] = {
    'hats': {'hat': None},
    'glasses': {'glasses': None},
    'jewellery': {'earrings': False, 'necklace': False},
    'beards': {'beard': None},
    'make-up': {'makeup': 0.0, 'freckles': 0.0},
    'poses': {'yaw': 0.0, 'pitch': 0.0, 'tilt': 0.0},
    'framing': {'framing': Framing()},
    'light': {'ambient': 1.0, 'backlit': False},
}
"""Groups of choices that a drawing can go without, and what a person is like then."""


@dataclass(frozen=True)
class Person:
    """Angles in radians; lengths in head widths (1 = half the width of the face)."""

    yaw: float
    pitch: float
    tilt: float  # of the head against the shoulders
    framing: Framing
    feminine: bool
    age: float
    skin: np.ndarray
    hair: np.ndarray
    cloth: np.ndarray
    hair_style: str
    hat: str | None
    glasses: str | None
    earrings: bool
    necklace: bool
    beard: str | None
    beard_weight: float
    beard_colour: np.ndarray
    freckles: float
    makeup: float
    light: np.ndarray
    ambient: float
    backlit: bool


def sample_person(rng: np.random.Generator) -> Person:
    feminine = bool(rng.random() < 0.6)
    tone = np.clip(rng.beta(0.9, 1.9) * 6, 0, 6)
    low = min(int(tone), 5)
    skin = SKIN_TONES[low] + (tone - low) * (SKIN_TONES[low + 1] - SKIN_TONES[low])
    skin = skin * rng.normal(1, 0.025, 3) * rng.uniform(0.95, 1.05)
    skin = skin.mean() + (skin - skin.mean()) * rng.uniform(0.8, 1.15)
    age = rng.random()
    dark_bias = np.array([3, 3.5, 3, 2.5, 2, 1.3, 1.3, 0.9, 0.9, 0.3, 0.3, 0.3])
    if tone > 3:
        dark_bias = np.array([6, 3, 1, 0.3, 0.1, 0.1, 0.15, 0.1, 0.1, 0.4, 0.4, 0.2])
    if age > 0.75:
        dark_bias[-3:] += 3
    hair = HAIR_COLOURS[rng.choice(len(HAIR_COLOURS), p=dark_bias / dark_bias.sum())]
    if feminine and rng.random() < 0.04:
        hair = rng.uniform(0.1, 0.8, 3)
    hair = np.clip(hair * rng.uniform(0.6, 1.2) * rng.normal(1, 0.04, 3), 0.02, 0.95)
    styles = dict(HAIR_STYLES)
    for name, factor in (('bald', 0.15), ('buzz', 0.1), ('short', 0.45)):
        styles[name] *= factor if feminine else 2.2
    for name in ('bob', 'long', 'up'):
        styles[name] *= 1.6 if feminine else 0.25
    hat = pick(rng, HATS) if rng.random() < 0.18 else None
    glasses = None
    if rng.random() < 0.18:
        glasses = pick(rng, {'clear': 0.65, 'sun': 0.35})
    angle = rng.uniform(-1.25, 1.25)
    light = np.array([np.sin(angle), -rng.uniform(-0.1, 0.9), 0.35 + np.cos(angle)])
    beard = None if feminine or rng.random() < 0.42 else pick(rng, BEARDS)
    grey = rng.uniform(0.3, 1.0) if age > 0.6 else 0.0
    beard_colour = hair * rng.uniform(0.5, 1.1) * rng.normal(1, 0.05, 3)
    beard_colour += grey * (rng.uniform(0.4, 0.8) - beard_colour)
    return Person(
        yaw=float(
            np.clip(rng.normal(0, 0.28) if rng.random() < 0.8 else rng.uniform(-0.95, 0.95), -0.95, 0.95)
        ),
        pitch=float(np.clip(rng.normal(0, 0.09), -0.2, 0.2)),
        tilt=float(np.clip(rng.normal(0, 0.13), -0.4, 0.4)),
        framing=sample_framing(rng),
        feminine=feminine,
        age=float(age),
        skin=np.clip(skin, 0.05, 0.97),
        hair=hair,
        cloth=cloth_colour(rng),
        hair_style=pick(rng, styles),
        hat=hat,
        glasses=glasses,
        earrings=bool(rng.random() < (0.4 if feminine else 0.08)),
        necklace=bool(rng.random() < (0.22 if feminine else 0.06)),
        beard=beard,
        beard_weight=float(rng.uniform(0.35, 1.0)),
        beard_colour=np.clip(beard_colour, 0.02, 0.95),
        freckles=float(rng.uniform(0.3, 1.0) if rng.random() < 0.07 else 0),
        makeup=float(max(0.0, rng.uniform(-0.3, 1.0)) if feminine else 0),
        light=light / np.linalg.norm(light),
        ambient=float(rng.uniform(0.3, 0.9)),
        backlit=bool(rng.random() < 0.15),
    )


def plainer(person: Person, without: Collection[str]) -> Person:
    """Return the person without these groups of `PLAIN`; other names change nothing."""
    return replace(
        person, **{name: value for group in without for name, value in PLAIN.get(group, {}).items()}
    )
