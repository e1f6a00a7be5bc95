"""What is held in front of a person: hands, microphones, cups, leaves. In the labels it is background."""

from __future__ import annotations

import numpy as np

from ..anatomy.head import Head
from ..painting.canvas import Canvas, Part
from ..painting.chance import pick
from ..painting.colours import cloth_colour
from ..painting.curves import curve, ellipse, moved, ribbon
from ..person import Person

KINDS = {'hand': 0.45, 'microphone': 0.3, 'thing': 0.15, 'leaf': 0.1}


def paint_occluder(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    paint = {'hand': _paint_hand, 'microphone': _paint_microphone, 'thing': _paint_thing, 'leaf': _paint_leaf}
    paint[pick(rng, KINDS)](canvas, head, person, rng)


def _paint_hand(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    """Fingers that touch the cheek, the chin or the hair, from below or from a side."""
    unit, side = head.scale, rng.choice((-1, 1))
    touch = np.array((head.axis + side * rng.uniform(0.4, 1.4), rng.uniform(0.4, 1.9)))
    angle = rng.uniform(0.1, 1.4)
    back = np.array((side * np.sin(angle), np.cos(angle)))
    across = back[::-1] * (1, -1)
    palm, thick = touch + 0.75 * back, rng.uniform(0.17, 0.23)
    tone = person.skin * rng.uniform(0.75, 1.05)
    arm = np.stack([palm, palm + 1.2 * back, palm + 3.5 * back])
    outlines = [head.place(ribbon(curve(arm), (0.75, 0.6, 0.85)))]
    bent = rng.uniform(-0.25, 0.25)
    for finger in range(4):
        root = palm + across * (finger - 1.5) * thick * 0.95
        tip = touch + across * (finger - 1.5) * thick * 1.1 - back * (0.1, 0.2, 0.16, 0.0)[finger]
        middle = (root + tip) / 2 + across * bent * (1, 0.8, 0.7, 0.6)[finger]
        outlines.append(
            head.place(ribbon(curve([root + 0.2 * back, middle, tip], 5), (thick, thick, 0.7 * thick)))
        )
    for outline in outlines:
        canvas.tint(moved(outline, 0, 0.05 * unit), (0.75, 0.68, 0.66), soften=0.05 * unit)
    for outline in outlines:
        canvas.paint(outline, tone, Part.BACKGROUND, soften=0.008 * unit)
        canvas.tint(
            moved(outline, 0.04 * unit * side, 0.03 * unit),
            (0.8, 0.72, 0.69),
            soften=0.05 * unit,
            clip=outline,
        )
    edges = [ribbon(outline[: len(outline) // 2], 0.025 * unit) for outline in outlines[1:]]
    canvas.tint(edges, (0.62, 0.52, 0.5), soften=0.015 * unit)


def _paint_microphone(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    unit, side = head.scale, rng.choice((-1, 1))
    x, y = head.axis + side * rng.uniform(0.0, 1.2), rng.uniform(1.2, 2.0)
    lean, size = side * rng.uniform(0.0, 0.8), rng.uniform(0.2, 0.38)
    dark = np.full(3, rng.uniform(0.02, 0.3)) if rng.random() < 0.75 else cloth_colour(rng)
    stick = head.place(ribbon([(x, y), (x + lean, y + 3)], (size * 1.2, size * 0.8)))
    canvas.paint(stick, dark * 0.7, Part.BACKGROUND)
    canvas.tint(moved(stick, 0.06 * unit, 0), (1.8, 1.8, 1.8), soften=0.04 * unit, clip=stick)
    ball = head.place(ellipse(x, y - 0.1, size, size * rng.uniform(1.0, 1.25)))
    canvas.paint(ball, dark, Part.BACKGROUND)
    shine = head.place(ellipse(x - 0.3 * size, y - 0.4 * size, 0.4 * size, 0.4 * size))
    canvas.paint(shine, (0.8, 0.8, 0.8), opacity=0.35, soften=0.07 * unit, clip=ball)


def _paint_thing(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    """A cup, a phone, a book: a box with an edge."""
    x, y = head.axis + rng.normal(0, 1.2), rng.uniform(1.0, 2.2)
    (width, height), lean = rng.uniform((0.4, 0.6), (1.3, 1.8)), rng.normal(0, 0.3)
    box = np.array(
        [(x, y), (x + width, y + lean * width), (x + width, y + height), (x, y + height - lean * width)]
    )
    canvas.paint(head.place(box), cloth_colour(rng), Part.BACKGROUND)
    inner = (box - box.mean(0)) * rng.uniform(0.5, 0.9) + box.mean(0)
    canvas.paint(head.place(inner), cloth_colour(rng), opacity=rng.uniform(0.2, 1))


def _paint_leaf(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    """Something out of focus near the camera."""
    colour, soften = rng.uniform((0.05, 0.2, 0.02), (0.6, 0.7, 0.4)), float(rng.choice((0.003, 0.012)))
    for _ in range(int(rng.integers(1, 5))):
        (x, y), (dx, dy) = rng.uniform((-2, -2), (2, 2)), rng.normal(0, 0.7, 2)
        blade = curve([(x, y), (x + dx, y + dy), (x + 2 * dx, y + 1.7 * dy)])
        outline = head.place(ribbon(blade, (0.02, rng.uniform(0.1, 0.4), 0.02)))
        canvas.paint(outline, np.clip(colour * rng.uniform(0.6, 1.3), 0, 1), Part.BACKGROUND, soften=soften)
