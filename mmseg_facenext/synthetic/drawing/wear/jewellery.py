"""Earrings and necklaces."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..anatomy.body import Body
from ..anatomy.ears import ear_lobe, ear_visible
from ..anatomy.head import Head
from ..painting.canvas import Canvas, Part
from ..painting.chance import pick
from ..painting.curves import curve, ellipse, joined, loop, moved, ribbon

METALS = np.array([(0.85, 0.66, 0.30), (0.78, 0.78, 0.80), (0.82, 0.55, 0.42), (0.93, 0.90, 0.86)])


def paint_earrings(canvas: Canvas, head: Head, covered: Mapping[int, bool], rng: np.random.Generator) -> None:
    """`covered` tells the sides (-1, 1) where hair hangs over the ear and hides most earrings."""
    kind = pick(rng, {'stud': 0.3, 'hoop': 0.35, 'drop': 0.35})
    colour = METALS[rng.integers(len(METALS))]
    gem = rng.uniform(0.1, 0.95, 3)
    size = rng.uniform(0.4, 1.25)
    unit = head.scale
    for side in (-1, 1):
        if not ear_visible(head, side) or (covered[side] and rng.random() < 0.6):
            continue
        x, y = ear_lobe(head, side)
        if kind == 'hoop':
            radius = 0.17 * size
            ring = ellipse(x, y + radius, radius * rng.uniform(0.55, 0.95), radius, 32)
            shape = loop(ring, 0.05)
        elif kind == 'drop':
            shape = np.concatenate(
                [
                    ellipse(x, y, 0.045, 0.045, 8)[4:6],
                    curve(
                        [
                            (x - 0.02, y),
                            (x - 0.09 * size, y + 0.3 * size),
                            (x, y + 0.4 * size),
                            (x + 0.09 * size, y + 0.3 * size),
                            (x + 0.02, y),
                        ],
                        5,
                    ),
                ]
            )
        else:
            shape = ellipse(x, y, 0.075 * size, 0.075 * size)
        outline = head.place(shape)
        canvas.tint(moved(outline, 0, 0.03 * unit), (0.65, 0.6, 0.6), soften=0.025 * unit)
        canvas.paint(outline, colour if kind == 'hoop' else gem, Part.EAR_R)
        shine = head.place(ellipse(x - 0.02, y + (0.2 * size if kind == 'drop' else 0), 0.03, 0.03))
        canvas.paint(shine, (1, 1, 0.96), opacity=0.8, soften=0.01 * unit, clip=outline)


def paint_necklace(canvas: Canvas, body: Body, rng: np.random.Generator) -> None:
    unit = body.scale
    colour = METALS[rng.integers(len(METALS))] * rng.uniform(0.8, 1.1)
    width = body.neck * rng.uniform(1.0, 1.25)
    top = body.drop - 0.22
    depth = rng.uniform(0.22, 0.5)
    t = np.linspace(-1, 1, 33)
    chain = joined(width * t, top + depth * (1 - np.abs(t) ** 2.2))
    kind = pick(rng, {'chain': 0.5, 'beads': 0.35, 'band': 0.15})
    placed = body.draw(chain)
    thick = {'chain': 0.032, 'beads': 0.075, 'band': 0.085}[kind] * rng.uniform(0.75, 1.35)
    canvas.tint(ribbon(moved(placed, 0, 0.035 * unit), thick * unit), (0.62, 0.55, 0.52), soften=0.02 * unit)
    if kind == 'beads':
        steps = np.linspace(0, len(chain) - 1, int(2.4 * width / thick))
        x, y = (np.interp(steps, np.arange(len(chain)), column) for column in chain.T)
        pearls = [body.draw(ellipse(a, b, thick / 2, thick / 2, 12)) for a, b in zip(x, y, strict=True)]
        canvas.paint(ribbon(placed, 0.5 * thick * unit), colour * 0.5, Part.NECK_L)
        for pearl in pearls:
            canvas.paint(pearl, colour * 0.9, Part.NECK_L)
        shine = [
            body.draw(ellipse(a - 0.012, b - 0.015, thick / 6, thick / 6, 8))
            for a, b in zip(x, y, strict=True)
        ]
        canvas.paint(shine, (1, 1, 1), opacity=0.7)
        return
    canvas.paint(ribbon(placed, thick * unit), colour * (0.3 if kind == 'band' else 0.9), Part.NECK_L)
    links = [ribbon(placed[i : i + 2], 0.5 * thick * unit) for i in range(0, 32, 2)]
    canvas.paint(links, np.clip(colour * 1.4, 0, 1), opacity=0.6)
    if rng.random() < 0.6:
        x, y = chain[16]
        size = rng.uniform(0.07, 0.14)
        pendant = body.draw(ellipse(x, y + size * 0.8, size * 0.75, size))
        canvas.paint(pendant, rng.uniform(0.1, 1.0, 3), Part.NECK_L)
        canvas.paint(
            body.draw(ellipse(x - 0.02, y + size * 0.6, size / 4, size / 4)),
            (1, 1, 1),
            opacity=0.6,
            soften=0.01 * unit,
        )
