"""Eyes, brows, nose, mouth and ears."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Part
from .curves import curve, ellipse, mirror, ribbon, strokes
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


def paint_nose(
    canvas: Canvas, head: Head, person: Person, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Gives the bridge from between the eyes to the tip, and the lower edge from left to right."""
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
    flare = rng.uniform(0.8, 1.25)
    under = head.draw(ellipse(0, 0.715 * long, 0.19 * wide, 0.04), 0.08)
    canvas.tint(under, (0.68, 0.58, 0.55), soften=0.03 * unit)
    for side in (-1, 1):
        nostril = ellipse(side * 0.105 * wide, 0.66 * long, 0.055 * wide * flare, 0.024 * flare)
        nostril[:, 1] += 0.25 * np.abs(nostril[:, 0] - side * 0.105 * wide)
        canvas.tint(head.draw(nostril, 0.13), (0.36, 0.24, 0.22), soften=0.014 * unit)
        wing = curve(np.array([(0.195, 0.46), (0.25, 0.55), (0.235, 0.64), (0.18, 0.675)]))
        wing = head.draw(wing * (side * wide, long), 0.06)
        canvas.tint(
            ribbon(wing, (0.005 * unit, 0.04 * unit, 0.025 * unit)), (0.66, 0.56, 0.53), soften=0.016 * unit
        )
        if side * np.sign(person.light[0] or 1) < 0:
            flank = curve(np.array([(0.13, 0.0), (0.13, 0.25), (0.19, 0.45)]) * (side * wide, long))
            canvas.tint(
                ribbon(head.draw(flank, 0.08), (0.05 * unit, 0.09 * unit)),
                (0.80, 0.74, 0.71),
                soften=0.035 * unit,
            )
    down = np.linspace(0, 1, 4)
    bridge = head.draw(np.stack([0 * down, 0.52 * long * down], 1), 0.04 + 0.2 * down)
    lower = outline[outline[:, 1] > 0.5]
    lower = lower[np.argsort(lower[:, 0])]
    return bridge, head.place(head.on_face(lower[:, :2], lower[:, 2]))


def paint_wrinkles(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    """Folds from nose to mouth, and on older foreheads."""
    unit = head.scale
    depth = rng.uniform(0.1, 0.35) + 0.35 * person.age
    factor = 1 - depth * np.array((0.35, 0.42, 0.45))
    for side in (-1, 1):
        fold = curve(np.array([(0.29, 0.56), (0.40, 0.74), (0.47, 0.95)]) * (side, 1))
        canvas.tint(
            ribbon(head.draw(fold, 0.04), (0.01 * unit, 0.05 * unit, 0.005)), factor, soften=0.022 * unit
        )
        if person.age > 0.65:
            crow = curve(np.array([(0.70, 0.06), (0.78, 0.10), (0.83, 0.18)]) * (side, 1))
            canvas.tint(ribbon(head.draw(crow), 0.015 * unit), factor, soften=0.01 * unit)
    for y in (-0.82, -0.66, -0.52):
        bend = rng.normal(0, 0.02, 5)
        if person.age > 0.6:
            line = curve(np.stack([np.linspace(-0.55, 0.55, 5), y + bend], 1))
            faint = 0.4 + 0.6 * factor
            canvas.tint(ribbon(head.draw(line), (0, 0.025 * unit, 0)), faint, soften=0.016 * unit)


def paint_mouth(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> np.ndarray:
    """Gives four lines of 17 points from left to right: outer and inner edge of the upper lip, inner and outer
    edge of the lower one."""
    unit = head.scale
    smile = rng.uniform(-0.1, 1.1)
    wide = rng.normal(0.36, 0.025) + 0.06 * max(smile, 0)
    gap = rng.choice([0.0, rng.uniform(0.03, 0.09), rng.uniform(0.09, 0.30)], p=[0.3, 0.4, 0.3])
    if gap and rng.random() < 0.75:
        smile = max(smile, 0.55)
    full = rng.uniform(0.7, 1.25) * (1.1 if person.feminine else 0.9)
    y0 = rng.normal(0.99, 0.025)
    t = np.linspace(-1, 1, 17)
    x = wide * t
    bend = y0 - 0.10 * smile * t**2 + 0.02 * smile
    arch = (1 - t**2).clip(0)
    bow = 0.105 * full * arch**0.7 - 0.02 * np.exp(-((t / 0.12) ** 2)) * full
    upper_inner = bend - 0.35 * gap * arch
    lower_inner = bend + 0.65 * gap * arch
    upper_outer = np.minimum(upper_inner - bow * (1 - 0.5 * gap), upper_inner)
    lower_outer = lower_inner + 0.185 * full * arch**0.75
    lift = 0.10 * arch

    def at(y):
        return head.draw(np.stack([x, y], 1), lift)

    rows = [at(y) for y in (upper_outer, upper_inner, lower_inner, lower_outer)]
    below = at(lower_outer + 0.06)
    canvas.tint(ribbon(below[4:-4], 0.05 * unit), (0.80, 0.74, 0.72), soften=0.03 * unit)
    red = np.array((0.88, 0.62, 0.62)) * rng.normal(1, 0.04, 3)
    if person.makeup > 0.25:
        red = red * (1 - person.makeup * rng.uniform((0, 0.25, 0.2), (0.25, 0.8, 0.7)))
    upper = np.concatenate([rows[0], rows[1][::-1]])
    lower = np.concatenate([rows[2], rows[3][::-1]])
    canvas.tint(upper, red * 0.9, Part.U_LIP, soften=0.006 * unit)
    canvas.tint(lower, np.minimum(red * 1.06, 1), Part.L_LIP, soften=0.006 * unit)
    shine = at(lower_inner + 0.06 * full * arch)[5:-5]
    canvas.paint(
        ribbon(shine, (0, 0.035 * unit, 0)),
        np.clip(person.skin * 1.25 + 0.1, 0, 1),
        soften=0.014 * unit,
        opacity=0.25 + 0.3 * person.makeup,
    )
    if gap:
        _paint_mouth_inside(
            canvas, head, np.concatenate([rows[1], rows[2][::-1]]), at, upper_inner, arch, gap, rng
        )
    else:
        canvas.mark(ribbon(rows[1], 0.006 * unit), Part.U_LIP)
    line = ribbon(rows[1], (0.015 * unit, 0.024 * unit, 0.015 * unit))
    canvas.tint(line, (0.45, 0.30, 0.30), soften=0.007 * unit)
    for corner in (0, -1):
        cx, cy = rows[1][corner]
        dot = ellipse(cx, cy, 0.025 * unit, 0.02 * unit)
        canvas.tint(dot, (0.6, 0.5, 0.5), soften=0.015 * unit)
    return np.stack(rows)


def _paint_mouth_inside(canvas, head, opening, at, upper_inner, arch, gap, rng) -> None:
    unit = head.scale
    canvas.paint(opening, (0.22, 0.07, 0.07), Part.MOUTH)
    tongue = at(upper_inner + gap * arch * 1.0)
    canvas.paint(
        ribbon(tongue[3:-3], 0.14 * gap / 0.2 * unit),
        (0.62, 0.30, 0.29),
        clip=opening,
        soften=0.015 * unit,
        opacity=0.8,
    )
    if rng.random() < 0.9:
        depth = min(gap, rng.uniform(0.07, 0.11))
        edge = at(upper_inner + depth * arch**0.4)[1:-1]
        row = np.concatenate([at(upper_inner)[1:-1], edge[::-1]])
        white = np.array((0.92, 0.90, 0.85)) * rng.uniform(0.82, 1.0)
        canvas.paint(row, white, clip=opening, soften=0.005 * unit)
        top, bottom = at(upper_inner), at(upper_inner + depth * arch**0.4)
        gaps = [ribbon([top[i], bottom[i]], 0.008 * unit) for i in range(3, 14, 2)]
        canvas.tint(gaps, (0.75, 0.72, 0.70), clip=opening, soften=0.004 * unit)
    canvas.tint(ribbon(at(upper_inner), 0.05 * unit), (0.55, 0.5, 0.5), clip=opening, soften=0.02 * unit)


def paint_ear(canvas: Canvas, head: Head, person: Person, side: int, rng: np.random.Generator) -> None:
    """An ear, seen the more from the side the further the head turns away from it."""
    flare = 0.32 - side * head.yaw  # angle between the ear and the line of sight
    reach = 0.62 * np.sin(np.clip(flare, 0.0, 0.9))
    size = rng.normal(1.0, 0.06)
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
    root = head.solid([(side * 0.965, 0.0, 0.0)])[0, :2]

    def at(points):
        points = np.asarray(points) * (side * max(reach, 0.02) * size, size) + root
        return head.place(points)

    outline = at(np.concatenate([curve(shape, 5), [(-0.4, 0.58), (-0.4, 0.0)]]))
    shade = 0.78 + 0.22 * np.tanh(2 * side * person.light[0])
    colour = person.skin * np.array((0.98, 0.88, 0.87)) * shade
    unit = head.scale
    canvas.paint(outline, colour, Part.L_EAR if side > 0 else Part.R_EAR)
    inner = curve([(0.2, 0.38), (0.62, 0.16), (0.66, -0.08), (0.40, -0.12), (0.15, 0.05)])
    canvas.tint(at(inner), (0.72, 0.6, 0.58), soften=0.025 * unit, clip=outline)
    rim = curve([(0.05, -0.2), (0.45, -0.27), (0.88, -0.12), (0.88, 0.12), (0.66, 0.38)])
    canvas.paint(
        ribbon(at(rim), 0.035 * unit),
        np.clip(colour * 1.18, 0, 1),
        soften=0.015 * unit,
        opacity=0.7,
        clip=outline,
    )
    hole = ellipse(0.22, 0.16, 0.16, 0.07, 12)
    canvas.tint(at(hole), (0.5, 0.38, 0.36), soften=0.02 * unit, clip=outline)


def ear_lobe(head: Head, side: int) -> np.ndarray:
    """Where an earring hangs, in view coordinates."""
    reach = 0.62 * np.sin(np.clip(0.32 - side * head.yaw, 0.0, 0.9))
    return head.solid([(side * 0.965, 0.62, 0.0)])[0, :2] + (side * reach * 0.3, 0.0)


def ear_visible(head: Head, side: int) -> bool:
    return bool(side * head.yaw < 0.22)
