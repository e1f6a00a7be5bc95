"""Clothes: shirts, pullovers, jackets with lapels, hoods, straps, shawls."""

from __future__ import annotations

import numpy as np

from ..anatomy.body import Body
from ..painting.canvas import Canvas, Part
from ..painting.colours import cloth_colour
from ..painting.curves import curve, ellipse, joined, mirror, moved, ribbon
from ..person import Person
from .cloth_texture import ClothTexture


def paint_clothes(canvas: Canvas, body: Body, person: Person, rng: np.random.Generator) -> None:
    colour = person.cloth
    if np.abs(colour - person.skin).max() < 0.12:
        colour = colour[::-1] * 0.6  # a bare-looking shoulder is nobody's shirt
    cloth = ClothTexture(body, colour, person, rng)
    kind = body.neckline
    if kind == 'hood':
        _paint_hood(canvas, body, cloth)
    if kind == 'straps':
        _paint_top(canvas, body, cloth, rng)
        return
    neck = _neckline(body, rng)
    shoulder = curve([(0.5 * (neck[0, 0] + body.broad * 0.45), neck[0, 1] + 0.03), *body.shoulder()], 5)
    outline = np.concatenate([neck[::-1], shoulder, (shoulder * (-1, 1))[::-1]])
    placed, hem = body.draw(outline), body.draw(neck)
    unit = body.scale
    canvas.tint(ribbon(hem, 0.14 * unit), (0.68, 0.6, 0.57), soften=0.05 * unit)
    canvas.paint(placed, cloth, Part.CLOTH, soften=0.02 * unit if cloth.weave == 'rough' else 0.0)
    if kind in ('shirt', 'suit'):
        _paint_collar(canvas, body, neck, cloth, person, rng)
    elif kind == 'shawl':
        _paint_shawl(canvas, body, cloth, rng)
    else:
        width = rng.uniform(0.04, 0.2)
        band = ribbon(moved(hem, 0, 0.4 * width * unit), width * unit)
        canvas.tint(band, rng.uniform(0.6, 1.15, 3), soften=0.006 * unit, clip=placed)
        canvas.tint(ribbon(hem, 0.05 * unit), (0.7, 0.7, 0.7), soften=0.015 * unit, clip=placed)
    if rng.random() < 0.4:
        _paint_seams(canvas, body, placed, rng)
    if rng.random() < 0.12:
        _paint_print(canvas, body, placed, rng)


def _neckline(body: Body, rng: np.random.Generator) -> np.ndarray:
    """(15, 2) from the right to the left, body coordinates."""
    d, w, kind = body.drop, body.neck, body.neckline
    depth, inner, rise = {
        'crew': (rng.uniform(0.0, 0.35), 1.15, -0.1),
        'v': (rng.uniform(0.4, 1.1), rng.uniform(1.1, 1.6), -0.05),
        'wide': (rng.uniform(0.15, 0.7), rng.uniform(1.6, 2.6), 0.1),
        'shirt': (rng.uniform(0.1, 0.7), 1.12, -0.25),
        'suit': (rng.uniform(0.0, 0.25), 1.12, -0.25),
        'turtle': (rng.uniform(-0.35, -0.2), 1.1, rng.uniform(-0.55, -0.3)),
        'hood': (rng.uniform(0.1, 0.5), 1.2, -0.15),
        'shawl': (0.0, 1.2, -0.15),
    }[kind]
    t = np.linspace(1, -1, 15)
    bend = (1 - np.abs(t)) if kind in ('v', 'shirt', 'suit') else 1 - np.abs(t) ** rng.uniform(1.6, 3)
    return joined(w * inner * t, d + rise + (depth - rise) * bend)


def _paint_top(canvas: Canvas, body: Body, cloth: ClothTexture, rng: np.random.Generator) -> None:
    """A top or a dress that leaves the shoulders bare, mostly held by straps."""
    d, b, unit = body.drop, body.broad, body.scale
    low = rng.uniform(0.35, 1.2)
    x = np.linspace(1, -1, 15) * b * 0.82
    edge = joined(x, d + low - rng.uniform(0.0, 0.3) * np.sin(np.abs(x) * 2.2))
    outline = np.concatenate([edge[::-1], [(b * 1.0, d + 1.6), (b, 9), (-b, 9), (-b * 1.0, d + 1.6)]])
    canvas.tint(body.draw(ribbon(edge, 0.15)), (0.72, 0.65, 0.62), soften=0.05 * unit)
    canvas.paint(body.draw(outline), cloth, Part.CLOTH)
    width, top = rng.uniform(0.07, 0.45), rng.uniform(0.75, 1.3)
    if rng.random() < 0.85:
        for s in (-1, 1):
            strap = curve([(s * 1.0, d + low + 0.1), (s * 0.95 * top, d + 0.4), (s * top, d - 0.02)])
            canvas.tint(body.draw(ribbon(strap, width + 0.08)), (0.75, 0.7, 0.68), soften=0.03 * unit)
            canvas.paint(body.draw(ribbon(strap, width)), cloth, Part.CLOTH)


def _paint_hood(canvas: Canvas, body: Body, cloth: ClothTexture) -> None:
    """The hood that lies on the shoulders."""
    d, w, unit = body.drop, body.neck, body.scale
    half = [(0.0, d - 0.5), (w * 1.1, d - 0.62), (w * 1.9, d - 0.5), (w * 2.4, d - 0.05), (w * 2.2, d + 0.5)]
    hood = body.draw(mirror(curve(half)))
    inner = body.draw(mirror(curve([(0.0, d - 0.3), (w * 1.15, d - 0.45), (w * 1.5, d), (0.9 * w, d + 0.4)])))
    # the throat stays in front of it
    throat = body.draw(mirror([(0.97 * w, 0.6), (0.97 * w, d - 0.1), (0.6 * w, d + 0.6)]))
    saved = canvas.save(throat)
    canvas.paint(hood, cloth, Part.CLOTH)
    canvas.tint(inner, (0.45, 0.45, 0.47), soften=0.05 * unit)
    canvas.restore(saved)


def _paint_collar(
    canvas: Canvas,
    body: Body,
    neck: np.ndarray,
    cloth: ClothTexture,
    person: Person,
    rng: np.random.Generator,
) -> None:
    """A collar's two flaps; a suit's lapels and tie."""
    unit, d = body.scale, body.drop
    inner, top, low = neck[0, 0], neck[0, 1], neck[7, 1]
    suit = body.neckline == 'suit'
    if suit:
        jacket = ClothTexture(body, cloth_colour(rng) * rng.choice((0.3, 0.6, 1.0)), person, rng)
        front = [
            (inner * 1.3, d - 0.14),
            (rng.uniform(0.1, 0.5), d + rng.uniform(0.8, 1.6)),
            (0.1, d + 4),
            (body.broad * 1.35, d + 4),
            (body.broad * 1.16, d + 1.2),
            (body.broad * 1.0, d + 0.54),
            (body.broad * 0.74, d + 0.22),
            (body.broad * 0.45, d + 0.04),
        ]
        notch, wide = rng.uniform(0.3, 0.8), rng.uniform(1.5, 2.3)
        lapel = [
            (inner * 1.25, d - 0.16),
            (inner * wide, d + notch),
            (inner * (wide - 0.25), d + notch + 0.1),
        ]
        for s in (-1, 1):
            canvas.tint(
                body.draw(moved(np.array(front) * (s, 1), -0.05 * s, 0)), (0.6, 0.6, 0.6), soften=0.04 * unit
            )
            canvas.paint(body.draw(np.array(front) * (s, 1)), jacket, Part.CLOTH)
            flap = body.draw(np.array([*lapel, front[1]]) * (s, 1))
            canvas.tint(moved(flap, 0.01 * s, 0.02), (0.6, 0.6, 0.6), soften=0.02 * unit)
            canvas.paint(flap, jacket, Part.CLOTH)
            canvas.tint(flap, rng.uniform(0.85, 1.2) * np.ones(3))
    if suit and rng.random() < 0.6:
        tie = [(0.12, low - 0.04), (0.15, low + 0.14), (0.09, low + 0.26), (0.22, low + 1.4), (0.24, 7)]
        canvas.paint(body.draw(mirror(tie)), ClothTexture(body, cloth_colour(rng), person, rng), Part.CLOTH)
        canvas.tint(body.draw(ribbon([(-0.1, low + 0.24), (0.1, low + 0.24)], 0.04)), (0.5, 0.5, 0.5))
    wide, drop = rng.uniform(1.1, 1.6), rng.uniform(0.15, 0.45)
    bright = rng.uniform(0.85, 1.25)
    for s in (-1, 1):
        flap = np.array(
            [
                (inner * 1.0, top - 0.16),
                (inner * wide, top + 0.2),
                (inner * (wide - 0.25), low + drop),
                (0.03, low),
            ]
        ) * (s, 1)
        canvas.tint(body.draw(moved(flap, 0.02, 0.07)), (0.6, 0.6, 0.62), soften=0.03 * unit)
        canvas.paint(body.draw(flap), cloth, Part.CLOTH)
        canvas.tint(body.draw(flap), np.full(3, bright))
        canvas.tint(body.draw(ribbon(flap[1:4], 0.02)), (0.7, 0.7, 0.7), soften=0.008 * unit)


def _paint_shawl(canvas: Canvas, body: Body, cloth: ClothTexture, rng: np.random.Generator) -> None:
    """A scarf wound around the neck, in front of the chin's underside."""
    d, w, unit = body.drop, body.neck, body.scale
    for turn in range(3):
        y = d - 0.42 + 0.27 * turn + rng.normal(0, 0.04)
        wide = w * (1.35 + 0.3 * turn) * rng.uniform(0.9, 1.1)
        band = curve([(-wide, y - 0.1), (-0.5 * wide, y + 0.2), (0.4 * wide, y + 0.24), (wide, y - 0.1)])
        outline = body.draw(ribbon(band, (0.36, 0.46, 0.4)))
        canvas.tint(moved(outline, 0, 0.05 * unit), (0.6, 0.6, 0.6), soften=0.05 * unit)
        canvas.paint(outline, cloth, Part.CLOTH, soften=0.01 * unit)
        crease = body.draw(ribbon(moved(band, 0, 0.08), (0.0, 0.06, 0.0)))
        canvas.tint(crease, (0.7, 0.7, 0.7), soften=0.03 * unit, clip=outline)


def _paint_seams(canvas: Canvas, body: Body, outline: np.ndarray, rng: np.random.Generator) -> None:
    """Sleeves, and buttons or a zip down the front."""
    d, unit = body.drop, body.scale
    dark = np.full(3, rng.uniform(0.5, 0.8))
    for s in (-1, 1):
        sleeve = curve(
            np.array([(body.broad * 0.78, d + 0.3), (body.broad * 0.7, d + 0.9), (body.broad * 0.8, d + 2)])
            * (s, 1)
        )
        canvas.tint(ribbon(body.draw(sleeve), 0.04 * unit), dark, soften=0.012 * unit, clip=outline)
    if rng.random() < 0.6:
        canvas.tint(body.draw(ribbon([(0.02, d), (0.02, 6)], 0.05)), dark, soften=0.008 * unit, clip=outline)
        gap, colour = rng.uniform(0.3, 0.6), rng.uniform(0.1, 0.95, 3)
        buttons = [body.draw(ellipse(0.0, d + 0.5 + gap * i, 0.05, 0.05, 10)) for i in range(5)]
        canvas.paint(buttons, colour, clip=outline)


def _paint_print(canvas: Canvas, body: Body, outline: np.ndarray, rng: np.random.Generator) -> None:
    """A logo or writing on the chest."""
    y, colour = body.drop + rng.uniform(0.5, 0.9), cloth_colour(rng)
    x = np.cumsum(rng.uniform(0.12, 0.3, 8)) - 0.9
    height = rng.uniform(0.2, 0.5)
    letters = [
        body.draw(ribbon([(left, y), (left + rng.normal(0, 0.08), y + height)], rng.uniform(0.05, 0.14)))
        for left in x
    ]
    canvas.paint(letters, colour, clip=outline)
