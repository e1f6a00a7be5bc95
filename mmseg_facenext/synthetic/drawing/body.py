"""Neck, shoulders and clothes. They turn and tilt less than the head."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Part, Texture
from .chance import pick
from .curves import Noise, curve, mirror, moved, ribbon
from .head import Frame, Head
from .person import Person

NECKLINES = {'crew': 0.3, 'v': 0.22, 'wide': 0.16, 'shirt': 0.2, 'turtle': 0.12}


class Body(Frame):
    """Frame of neck and shoulders; its origin is the head's."""

    def __init__(self, head: Head, person: Person, rng: np.random.Generator):
        super().__init__(head.centre, head.scale, head.roll - person.tilt)
        self.x = 0.75 * head.axis
        pivot = np.array([(self.x, 0.9)])
        self.centre = head.centre + (head.place(pivot) - self.place(pivot))[0]
        self.lean = rng.normal(0, 0.06)
        self.broad = rng.normal(2.25 if person.feminine else 2.65, 0.12)
        self.neck = rng.normal(0.56 if person.feminine else 0.68, 0.04)
        self.drop = rng.normal(1.72, 0.12)
        low = {'turtle': 0.0} if person.necklace else {}
        self.neckline = pick(rng, {**NECKLINES, **low})

    def draw(self, xy) -> np.ndarray:
        points = np.array(xy, np.float64)
        points[:, 0] += self.x + self.lean * points[:, 1]
        return self.place(points)


def paint_neck(canvas: Canvas, head: Head, body: Body, person: Person) -> None:
    w = body.neck
    half = [
        (w, 0.6),
        (0.96 * w, 1.3),
        (w, 1.7),
        (1.3 * w, body.drop + 0.06),
        (body.broad * 0.6, body.drop + 0.4),
        (body.broad * 0.8, body.drop + 1.2),
        (1.9, 4.0),
    ]
    unit = head.scale
    colour = person.skin * (0.80 + 0.1 * person.ambient) * (0.98, 0.95, 0.94)
    neck = body.draw(mirror(curve(half)))
    canvas.paint(neck, colour, Part.NECK)
    far = -np.sign(person.light[0] or 1)
    side = curve([(far * w, 0.8), (far * w * 0.98, 1.5), (far * 1.2 * w, body.drop)])
    canvas.tint(ribbon(body.draw(side), 0.5 * unit), (0.66, 0.58, 0.55), soften=0.15 * unit, clip=neck)
    for s in (-1, 1):  # the muscles that meet at the collar bones
        cord = curve([(s * 0.75 * w, 1.2), (s * 0.42 * w, 1.8), (s * 0.12, body.drop + 0.12)])
        canvas.tint(
            ribbon(body.draw(cord), (0.02 * unit, 0.05 * unit)), (0.93, 0.90, 0.89), soften=0.05 * unit
        )
        bone = curve([(s * 0.14, body.drop + 0.16), (s * 0.8, body.drop + 0.1), (s * 1.6, body.drop + 0.2)])
        canvas.tint(
            ribbon(body.draw(bone), (0.04 * unit, 0.06 * unit)), (0.88, 0.84, 0.82), soften=0.045 * unit
        )
    chin = moved(head.silhouette(), 0.12 * far, 0.16)
    canvas.tint(head.place(chin), (0.55, 0.46, 0.43), soften=0.09 * unit, clip=neck)


def paint_clothes(canvas: Canvas, body: Body, person: Person, rng: np.random.Generator) -> None:
    d, w, unit = body.drop, body.neck, body.scale
    colour = _cloth_colour(rng)
    if np.abs(colour - person.skin).max() < 0.2:
        colour = colour[::-1] * 0.6  # a bare-looking shoulder is nobody's shirt
    cloth = _cloth_texture(body, colour, person, rng)
    depth = {
        'crew': 0.12,
        'v': rng.uniform(0.5, 0.9),
        'wide': rng.uniform(0.2, 0.5),
        'shirt': 0.5,
        'turtle': -0.3,
    }[body.neckline]
    inner = w * {'wide': 2.0, 'v': 1.3}.get(body.neckline, 1.12)
    rise = {'wide': 0.15, 'turtle': -0.35, 'shirt': -0.2}.get(body.neckline, -0.03)
    side = [
        (inner, d + rise),
        (body.broad * 0.72, d + 0.28),
        (body.broad * 0.96, d + 0.58),
        (body.broad * 1.1, d + 1.2),
        (body.broad * 1.25, d + 3),
        (body.broad * 1.25, 9),
    ]
    sharp = body.neckline in ('v', 'shirt')
    t = np.linspace(1, -1, 15)
    neck_y = d + rise + (depth - rise) * ((1 - np.abs(t)) if sharp else (1 - t**2))
    neck = np.stack([inner * t, neck_y], 1)
    shoulder = curve(side, 6)
    outline = np.concatenate([neck[::-1], shoulder, (shoulder * (-1, 1))[::-1]])
    canvas.tint(body.draw(ribbon(neck, 0.12)), (0.7, 0.63, 0.6), soften=0.05 * unit)
    canvas.paint(body.draw(outline), cloth, Part.CLOTH)
    hem = body.draw(neck)
    if body.neckline == 'shirt':
        _paint_collar(canvas, body, inner, d, rise, depth, colour, rng)
    else:
        canvas.tint(
            ribbon(hem, 0.09 * unit), (0.82, 0.82, 0.84), soften=0.008 * unit, clip=body.draw(outline)
        )


def _paint_collar(canvas, body, inner, d, rise, depth, colour, rng) -> None:
    unit = body.scale
    light = np.clip(colour * rng.uniform(1.05, 1.3) + 0.03, 0, 1)
    jacket = rng.random() < 0.5
    if jacket:
        dark = _cloth_colour(rng) * 0.5
        lapel = [
            (inner * 1.25, d - 0.02),
            (0.2, d + 1.1),
            (0.1, d + 3),
            (body.broad * 1.3, d + 3),
            (body.broad * 1.14, d + 1.2),
            (body.broad * 1.0, d + 0.58),
            (body.broad * 0.74, d + 0.26),
        ]
        for s in (-1, 1):
            flap = body.draw(np.array(lapel) * (s, 1))
            canvas.paint(flap, dark, Part.CLOTH)
            edge = [(inner * 1.25, d), (inner * 1.9, d + 0.45), (inner * 1.6, d + 0.5), (0.2, d + 1.1)]
            canvas.tint(
                ribbon(body.draw(np.array(edge) * (s, 1)), 0.04 * unit), (0.6, 0.6, 0.6), soften=0.02 * unit
            )
    if jacket and rng.random() < 0.6:
        tie = [(0.10, d + 0.32), (0.13, d + 0.45), (0.08, d + 0.55), (0.2, d + 1.5), (0.2, 6)]
        canvas.paint(body.draw(mirror(tie)), _cloth_colour(rng) * 0.8, Part.CLOTH)
    for s in (-1, 1):
        flap = np.array(
            [
                (inner * 1.02, d + rise - 0.1),
                (inner * 1.2, d + rise + 0.12),
                (inner * 0.85, d + depth + 0.12),
                (0.02, d + depth - 0.08),
            ]
        ) * (s, 1)
        canvas.tint(body.draw(moved(flap, 0.02, 0.06)), (0.6, 0.6, 0.62), soften=0.03 * unit)
        canvas.paint(body.draw(flap), light, Part.CLOTH)


def _cloth_colour(rng: np.random.Generator) -> np.ndarray:
    value = rng.uniform(0.08, 0.95)
    return np.clip(value + rng.normal(0, 0.16, 3) * (0.4 + value), 0.03, 0.97)


def _cloth_texture(body: Body, colour, person: Person, rng: np.random.Generator) -> Texture:
    folds = Noise(rng, 16, 2)
    pattern = pick(rng, {'plain': 0.55, 'stripes': 0.18, 'checks': 0.1, 'print': 0.17})
    base, other = colour.astype(np.float32), _cloth_colour(rng).astype(np.float32)
    count, angle = rng.uniform(2, 6), rng.uniform(-1.6, 1.6)
    cosine, sine, light_x = float(np.cos(angle)), float(np.sin(angle)), float(person.light[0])
    blots = Noise(rng, 16)

    def mix(x, y):
        """How much of the other colour, 0 to 1."""
        if pattern == 'stripes':
            return np.sin((cosine * x + sine * y) * count * 6.3) > 0.2
        if pattern == 'checks':
            return 0.5 * (np.sin(x * count * 5) > 0.3) + 0.5 * (np.sin(y * count * 5) > 0.3)
        return blots(x * count, y * count) > 0.45

    def texture(ux, uy):
        x, y = body.unplace(ux, uy)
        shade = 0.86 + 0.16 * folds(x * 1.3 + 0.6 * y, y * 0.8 - 0.3 * x)
        shade *= 1 + 0.28 * np.clip(x * light_x, -0.8, 0.8)
        if pattern == 'plain':
            return base * shade[..., None]
        part = mix(x, y).astype(np.float32)[..., None]
        return (base + (other - base) * part) * shade[..., None]

    return texture
