"""Beards: stubble, moustaches, goatees, full and long ones. In the labels they are skin."""

from __future__ import annotations

import numpy as np

from ..painting.canvas import Canvas, Part
from ..painting.curves import Noise, curve, joined, mirror, strokes
from ..person import Person
from .head import Head
from .skin import BEARDS


def density(kind: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return how thick the beard is at face coordinates, 0 to 1."""
    total = np.zeros_like(x)
    for cx, cy, width, height, strength in BEARDS[kind]:
        total += strength * np.exp(-0.5 * (((np.abs(x) - cx) / width) ** 2 + ((y - cy) / height) ** 2))
    return np.clip(1.7 * total - 0.3, 0, 1)


def paint_beard(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    """The hairs of a beard; its shadow on the skin is the head's."""
    kind, unit = str(person.beard), head.scale
    if kind == 'long':
        _paint_long(canvas, head, person, rng)
    short = kind == 'stubble'
    count = 2200
    x, y = rng.uniform((-1, 0.4), (1, 1.6), (count, 2)).T
    inside = np.abs(x) < 0.94 * head.slice(y)[0]
    chosen = inside & (rng.random(count) < density(kind, x, y) * (0.4 + 0.6 * person.beard_weight))
    roots = joined(x, y)[chosen]
    if not len(roots):
        return
    reach = rng.uniform(0.5, 1.0, (len(roots), 1)) * (0.03 if short else rng.uniform(0.05, 0.12))
    fall = joined(0.5 * roots[:, 0] + rng.normal(0, 0.35, len(roots)), np.ones(len(roots)))
    hairs = strokes(roots, roots + reach * fall, 0.016)
    placed = head.draw(hairs, 0.02)
    for index, shade in enumerate((0.65, 0.9, 1.2)):
        colour = np.clip(person.beard_colour * shade * (0.5 + 0.6 * person.ambient), 0, 1)
        canvas.paint(placed[index::3], colour, opacity=0.4 if short else 0.7, soften=0.006 * unit)


def _paint_long(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    """Hair that hangs below the chin."""
    low = rng.uniform(1.75, 2.5)
    half = [
        (0.86, 0.75),
        (0.88, 1.1),
        (0.72, 1.45),
        (0.42, 0.4 + 0.6 * low + 0.2),
        (0.2, low),
        (0.0, low + 0.05),
    ]
    outline = mirror(curve([(0.0, 1.2), (0.6, 1.1), *half], 4))
    outline[:, 1] += rng.normal(0, 0.015, len(outline))
    noise, colour = Noise(rng, 16, 2), person.beard_colour.astype(np.float32)
    shift = np.array((head.axis + 0.75 * np.sin(head.yaw), 0))

    def texture(ux, uy):
        x, y = head.unplace(ux, uy)
        return np.multiply.outer(colour, 0.75 + 0.3 * noise(x * 12 + noise(x, y), y * 2))

    placed = head.place(outline * (0.9, head.length) + shift)
    canvas.paint(placed, texture, Part.SKIN, soften=0.02 * head.scale)
