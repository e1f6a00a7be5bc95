"""Ears, and where earrings hang."""

from __future__ import annotations

import numpy as np

from ..painting.canvas import Canvas, Part
from ..painting.curves import curve, ellipse, ribbon
from ..person import Person
from .head import Head


def paint_ear(canvas: Canvas, head: Head, person: Person, side: int, rng: np.random.Generator) -> None:
    """An ear, seen the more from the side the further the head turns away from it."""
    reach, size = _reach(head, side), head.ear_size
    shape = np.array(
        [
            (0.0, -0.16),
            (0.35, -0.30),
            (0.85, -0.24),
            (1.0, 0.0),
            (0.85, 0.28),
            (0.55, 0.50),
            (0.50, 0.62),
            (0.28, 0.70),
            (-0.05, 0.68),
        ]
    )
    root = head.solid([(side * 0.965, head.ear_y, 0.0)])[0, :2]

    def at(points):
        points = np.asarray(points) * (side * max(reach, 0.02) * size, size) + root
        return head.place(points)

    outline = at(np.concatenate([curve(shape, 5), [(-0.4, 0.58), (-0.4, 0.0)]]))
    shade = 0.78 + 0.22 * np.tanh(2 * side * person.light[0])
    colour = person.skin * (1 - rng.uniform(0.0, 1.0) * np.array((0.03, 0.18, 0.19))) * shade
    unit = head.scale
    canvas.paint(outline, colour, Part.L_EAR if side > 0 else Part.R_EAR)
    clip = canvas.stencil(outline)
    inner = curve([(0.2, 0.38), (0.62, 0.16), (0.66, -0.08), (0.40, -0.12), (0.15, 0.05)])
    canvas.tint(at(inner), (0.72, 0.6, 0.58), soften=0.025 * unit, clip=clip)
    rim = curve([(0.05, -0.2), (0.45, -0.27), (0.88, -0.12), (0.88, 0.12), (0.66, 0.38)])
    canvas.paint(
        ribbon(at(rim), 0.035 * unit),
        np.clip(colour * 1.18, 0, 1),
        soften=0.015 * unit,
        opacity=0.7,
        clip=clip,
    )
    hole = ellipse(0.22, 0.16, 0.16, 0.07, 12)
    canvas.tint(at(hole), (0.5, 0.38, 0.36), soften=0.02 * unit, clip=clip)


def ear_lobe(head: Head, side: int) -> np.ndarray:
    """Return where an earring hangs, in view coordinates."""
    lobe = [(side * 0.965, head.ear_y + 0.62 * head.ear_size, 0.0)]
    return head.solid(lobe)[0, :2] + (side * _reach(head, side) * 0.3, 0.0)


def _reach(head: Head, side: int) -> float:
    """Return how far the ear stands out of the head's outline, view coordinates."""
    return 0.62 * float(np.sin(np.clip(head.ear_flare - side * head.yaw, 0.0, 0.9)))


def ear_visible(head: Head, side: int) -> bool:
    return bool(side * head.yaw < 0.22)
