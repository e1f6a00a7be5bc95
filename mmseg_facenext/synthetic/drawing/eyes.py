"""Eyes and brows."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Part
from .curves import ellipse, ribbon, strokes
from .head import Head
from .outlines import Eye
from .person import Person

IRIS_COLOURS = np.array(
    [
        (0.20, 0.12, 0.07),
        (0.32, 0.20, 0.10),
        (0.38, 0.34, 0.18),
        (0.35, 0.45, 0.40),
        (0.36, 0.48, 0.60),
        (0.45, 0.52, 0.56),
    ]
)


def paint_eyes(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> tuple[Eye, Eye]:
    """Gives the lids of the eye at the image's left and of the one at its right."""
    dark_skin = float(person.skin.mean()) < 0.45
    choice = rng.integers(0, 2 if dark_skin else len(IRIS_COLOURS))
    iris = np.clip(IRIS_COLOURS[choice] * rng.uniform(0.8, 1.3), 0, 1)
    opening = float(np.clip(rng.normal(0.68, 0.16), 0.25, 1.2))
    shape = dict(
        half_width=rng.uniform(0.2, 0.235),
        slant=rng.normal(0.015, 0.02),
        gaze=rng.normal(0, (0.045, 0.012), 2) - (head.yaw * 0.08, 0),
        opening=opening,
        makeup=rng.uniform(0.35, 0.9, 3),
        bags=rng.uniform(0.2, 1.0) * (0.5 + person.age),
    )
    left, right = (_paint_eye(canvas, head, person, side, iris, **shape) for side in (-1, 1))
    return Eye(left.upper[::-1], left.lower[::-1]), right


def _paint_eye(canvas, head, person, side, iris, half_width, slant, gaze, opening, makeup, bags) -> Eye:
    t = np.linspace(-1, 1, 15)  # from the inner to the outer corner
    middle = side * head.eye_distance
    x = middle + side * half_width * t
    tilt = -slant * t
    upper = tilt - 0.095 * opening * (1 - np.abs(t + 0.08) ** 1.9).clip(0)
    lower = tilt + 0.06 * (0.5 + 0.5 * opening) * (1 - np.abs(t - 0.12) ** 1.9).clip(0)

    def at(dx, y, lift=0.0):
        return head.draw(np.stack(np.broadcast_arrays(dx, y), 1), lift)

    upper_lid, lower_lid = at(x, upper), at(x, lower)
    almond = np.concatenate([upper_lid, lower_lid[::-1]])
    unit = head.scale

    # the lid, its crease, and the socket's shadow
    lid = np.concatenate([at(x, upper - 0.10 + 0.03 * np.abs(t)), upper_lid[::-1]])
    canvas.tint(lid, (0.86, 0.80, 0.78), soften=0.03 * unit)
    if person.makeup > 0.4:
        canvas.tint(lid, 1 - person.makeup * (1 - makeup) * 0.8, soften=0.035 * unit)
    crease = at(x, upper - 0.055 - 0.02 * (1 - t**2))
    canvas.tint(
        ribbon(crease, (0.005 * unit, 0.03 * unit, 0.008 * unit)), (0.62, 0.55, 0.52), soften=0.008 * unit
    )
    bag = at(x, lower + 0.07 + 0.03 * (1 - t**2))
    canvas.tint(
        ribbon(bag, (0, 0.03 * unit, 0.01 * unit)), 1 - bags * np.array((0.16, 0.2, 0.2)), soften=0.02 * unit
    )

    shade = 0.55 + 0.45 * person.ambient
    canvas.paint(almond, np.array((0.90, 0.87, 0.85)) * shade, Part.L_EYE if side > 0 else Part.R_EYE)
    cx, cy = middle + gaze[0], gaze[1] - 0.015

    def disc(radius, dx=0.0, dy=0.0):
        return head.draw(ellipse(cx + dx, cy + dy, radius, radius))

    canvas.paint(disc(0.115), iris * 0.35, clip=almond)
    canvas.paint(disc(0.097), iris * shade, clip=almond, soften=0.012 * unit)
    canvas.paint(
        disc(0.06, 0, 0.045), np.clip(iris * 1.6, 0, 1), clip=almond, soften=0.03 * unit, opacity=0.6
    )
    canvas.paint(disc(0.046), (0.02, 0.02, 0.02), clip=almond)
    canvas.tint(ribbon(upper_lid, 0.07 * unit), (0.55, 0.5, 0.5), clip=almond, soften=0.018 * unit)
    corner = at(x[:3], (upper[:3] + lower[:3]) / 2)
    canvas.paint(
        ribbon(corner, 0.04 * unit), (0.70, 0.42, 0.40), clip=almond, soften=0.01 * unit, opacity=0.7
    )
    glint = np.sign(person.light[0]) * 0.032
    canvas.paint(disc(0.022, glint, -0.04), (1, 1, 1), clip=almond)

    lash = np.minimum(person.hair, 0.25) * 0.5
    weight = (0.02 + 0.03 * person.makeup + 0.012 * person.feminine) * unit
    canvas.paint(
        ribbon(upper_lid, (0.3 * weight, weight, 1.3 * weight, 0.6 * weight)),
        lash,
        soften=0.004 * unit,
        opacity=0.9,
    )
    canvas.paint(
        ribbon(lower_lid, (0, 0.012 * unit, 0.016 * unit)),
        lash,
        soften=0.006 * unit,
        opacity=0.35 + 0.4 * person.makeup,
    )
    if person.feminine:
        wing = at(x[-1] + side * np.linspace(-0.02, 0.06, 4), upper[-1] + np.linspace(0, -0.05, 4))
        canvas.paint(
            ribbon(wing, (weight, 0.1 * weight)), lash, soften=0.004 * unit, opacity=0.4 + 0.5 * person.makeup
        )
    return Eye(upper_lid, lower_lid)


def paint_brows(
    canvas: Canvas, head: Head, person: Person, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Gives the middle line of the brow at the image's left and of the one at its right."""
    spines = []
    thickness = rng.normal(0.075 if person.feminine else 0.105, 0.015)
    thickness = float(np.clip(thickness, 0.05, 0.15))
    height = rng.normal(-0.27 if person.feminine else -0.25, 0.025)
    arch = rng.uniform(0.02, 0.10)
    inner = rng.uniform(0.15, 0.22)
    frown = rng.normal(0.01, 0.02)
    colour = np.clip(person.hair * 0.55, 0.03, 0.5)
    density = rng.uniform(0.6, 0.95)
    for side in (-1, 1):
        t = np.linspace(0, 1, 14)
        x = side * (inner + (0.74 - inner) * t)
        y = height + frown * (1 - t) - arch * np.sin(np.pi * np.minimum(t * 0.8, 1)) + 0.03 * t**3
        spine = np.stack([x, y], 1)
        brow = head.draw(ribbon(spine, np.array((0.75, 1.0, 0.95, 0.7, 0.15)) * thickness), 0.03)
        canvas.paint(
            brow,
            colour,
            Part.L_BROW if side > 0 else Part.R_BROW,
            opacity=density * 0.75,
            soften=0.011 * head.scale,
        )
        _paint_brow_hairs(canvas, head, spine, side, thickness, colour, density, rng)
        spines.append(head.draw(spine, 0.03))
    left, right = spines
    return left[::-1], right


def _paint_brow_hairs(canvas, head, spine, side, thickness, colour, density, rng) -> None:
    roots = spine[rng.integers(0, len(spine) - 1, 26)]
    roots = roots + np.stack([np.zeros(26), rng.uniform(-0.35, 0.4, 26) * thickness], 1)
    reach = np.stack([side * rng.uniform(0.05, 0.10, 26), rng.uniform(-0.05, 0.01, 26)], 1)
    hairs = strokes(roots, roots + reach, 0.014)
    placed = head.draw(hairs.reshape(-1, 2), 0.03).reshape(hairs.shape)
    canvas.paint(list(placed), colour * 0.7, opacity=density * 0.6)
