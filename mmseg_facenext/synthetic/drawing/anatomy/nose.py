"""The nose, and the folds and wrinkles of the skin."""

from __future__ import annotations

import numpy as np

from ..painting.canvas import Canvas, Part
from ..painting.curves import curve, ellipse, joined, mirror, ribbon
from ..person import Person
from .head import Head

# lines on the right half of the face: from the wing of the nose, along its flank, from nose to mouth, beside the eye
WING = ((0.195, 0.46), (0.25, 0.55), (0.235, 0.64), (0.18, 0.675))
FLANK = ((0.13, 0.0), (0.13, 0.25), (0.19, 0.45))
FOLD = ((0.29, 0.56), (0.40, 0.74), (0.47, 0.95))
CROW = ((0.70, 0.06), (0.78, 0.10), (0.83, 0.18))


def paint_nose(
    canvas: Canvas, head: Head, person: Person, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bridge from between the eyes to the tip, and the lower edge from left to right."""
    unit = head.scale
    wide, long = head.nose_width, head.nose_length
    half = np.array(
        [
            (0.125, -0.04, 0.04),
            (0.125, 0.14, 0.14),
            (0.15, 0.34, 0.17),
            (0.24, 0.47, 0.08),
            (0.285, 0.58, 0.05),
            (0.24, 0.67, 0.06),
            (0.09, 0.69, 0.14),
            (0.0, 0.715, 0.17),
        ]
    ) * (wide, long, 1)
    outline = mirror(curve(half, 4))
    canvas.mark(head.place(head.on_face(outline[:, :2], outline[:, 2])), Part.NOSE)
    deep = rng.uniform(0.25, 1.0)  # of the shadows
    flare = rng.uniform(0.8, 1.25)
    under = head.draw(ellipse(0, 0.715 * long, 0.19 * wide, 0.04), 0.08)
    canvas.tint(under, (0.68, 0.58, 0.55), soften=0.03 * unit)
    nostrils, wings = [], []
    for side in (-1, 1):
        nostril = ellipse(side * 0.105 * wide, 0.66 * long, 0.055 * wide * flare, 0.024 * flare)
        nostril[:, 1] += 0.25 * np.abs(nostril[:, 0] - side * 0.105 * wide)
        nostrils.append(head.draw(nostril, 0.13))
        wing = head.draw(curve(WING) * (side * wide, long), 0.06)
        wings.append(ribbon(wing, (0.005 * unit, 0.04 * unit, 0.025 * unit)))
    canvas.tint(nostrils, (0.36, 0.24, 0.22), soften=0.014 * unit)
    canvas.tint(wings, 1 - deep * np.array((0.34, 0.44, 0.47)), soften=0.018 * unit)
    far = -np.sign(person.light[0] or 1)
    flank = head.draw(curve(FLANK) * (far * wide, long), 0.08)
    shadow = ribbon(flank, (0.05 * unit, 0.09 * unit))
    canvas.tint(shadow, 1 - deep * np.array((0.2, 0.26, 0.29)), soften=0.035 * unit)
    down = np.linspace(0, 1, 4)
    bridge = head.draw(joined(0 * down, 0.52 * long * down), 0.04 + 0.2 * down)
    lower = outline[outline[:, 1] > 0.5]
    lower = lower[np.argsort(lower[:, 0])]
    return bridge, head.place(head.on_face(lower[:, :2], lower[:, 2]))


def paint_wrinkles(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    """Fold from nose to mouth, and on older foreheads."""
    unit = head.scale
    depth = rng.uniform(0.1, 0.35) + 0.35 * person.age
    factor = 1 - depth * np.array((0.35, 0.42, 0.45))
    folds = [head.draw(curve(FOLD) * (side, 1), 0.04) for side in (-1, 1)]
    canvas.tint(
        [ribbon(fold, (0.01 * unit, 0.05 * unit, 0.005)) for fold in folds], factor, soften=0.022 * unit
    )
    bends = rng.normal(0, 0.02, (3, 5))
    if person.age > 0.75:
        crows = [head.draw(curve(CROW) * (side, 1)) for side in (-1, 1)]
        canvas.tint([ribbon(crow, 0.015 * unit) for crow in crows], factor, soften=0.01 * unit)
        x = np.linspace(-0.55, 0.55, 5)
        lines = [
            head.draw(curve(joined(x, y + bend)))
            for y, bend in zip((-0.82, -0.66, -0.52), bends, strict=True)
        ]
        canvas.tint(
            [ribbon(line, (0, 0.025 * unit, 0)) for line in lines], 0.4 + 0.6 * factor, soften=0.016 * unit
        )
