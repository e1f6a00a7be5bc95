"""What is behind the person: studios, rooms, lights, foliage, writing, other people, photographs."""

from __future__ import annotations

import string

import cv2
import numpy as np

from ..painting.canvas import Canvas, Texture
from ..painting.chance import pick
from ..painting.colours import HAIR_COLOURS, SKIN_TONES, cloth_colour
from ..painting.curves import Noise, ellipse
from ..person import Person
from .photographs import Photographs

KINDS = {
    'studio': 0.2,
    'clouds': 0.1,
    'shapes': 0.13,
    'room': 0.15,
    'lights': 0.12,
    'foliage': 0.15,
    'sign': 0.15,
}
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_ITALIC)


def paint_plain_backdrop(canvas: Canvas, rng: np.random.Generator) -> None:
    """Fill the canvas with one colour."""
    canvas.image[:] = _colour(rng)


def paint_backdrop(
    canvas: Canvas, person: Person, rng: np.random.Generator, photographs: Photographs | None = None
) -> None:
    """Fill the canvas; `photographs` are behind two persons of five where they are given."""
    if photographs is not None and rng.random() < 0.4:
        picture = photographs.crop(rng, canvas.size)
        canvas.image[:] = np.clip(picture * rng.uniform(0.35, 1.15) * rng.normal(1, 0.08, 3), 0, 1)
    else:
        _paint_kind(canvas, person, rng)
    if rng.random() < 0.16:
        for _ in range(int(rng.integers(1, 4))):
            _paint_other_person(canvas, rng)
    blur = rng.choice((0.0, 0.0, 0.006, 0.015, 0.03)) * canvas.size
    if blur > 0.4:
        step = max(1, int(blur / 2))
        side = canvas.size // step
        for plane in canvas.planes:
            small = cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA)
            small = cv2.GaussianBlur(small, (0, 0), blur / step)
            cv2.resize(small, (canvas.size, canvas.size), plane)


def _paint_kind(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    low, high = _colour(rng), _colour(rng)
    like = pick(rng, {'nothing': 0.6, 'hair': 0.15, 'cloth': 0.15, 'skin': 0.1})
    if like != 'nothing':  # a person hardly stands out from some backgrounds
        own = {'hair': person.hair, 'cloth': person.cloth, 'skin': person.skin}[like]
        low = np.clip(own * rng.uniform(0.7, 1.3), 0, 1)
    kind = pick(rng, KINDS)
    if kind == 'studio':
        high = np.clip(low * rng.uniform(0.6, 1.6), 0, 1)
    if kind == 'foliage' and rng.random() < 0.8:
        low, high = (
            rng.uniform((0.0, 0.08, 0.0), (0.25, 0.35, 0.12)),
            rng.uniform((0.3, 0.45, 0.1), (0.8, 0.95, 0.5)),
        )
        canvas.fill(_leaves(low, high, rng))
        return
    if kind == 'lights':
        low, high = 0.35 * low, 0.5 * high
    canvas.fill(_gradient(low, high, rng, rough=kind not in ('studio', 'room', 'sign')))
    paint = {
        'shapes': _paint_shapes,
        'room': _paint_room,
        'lights': _paint_lights,
        'sign': _paint_writing,
    }.get(kind)
    if paint:
        paint(canvas, rng)


def _colour(rng: np.random.Generator) -> np.ndarray:
    return np.clip(0.98 * rng.beta(0.8, 1.1) + rng.normal(0, rng.choice((0.02, 0.05, 0.15)), 3), 0, 1)


def _gradient(low, high, rng: np.random.Generator, rough: bool) -> Texture:
    """From one colour to another: in a direction, or out of a place behind the person."""
    angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.8, 2)
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    low, high = (colour.astype(np.float32)[:, None, None] for colour in (low, high))
    noise = Noise(rng, 8, 3)
    strength = rng.uniform(0.15, 0.6) if rough else 0.05
    zoom, round_ = rng.uniform(1.5, 5), rng.random() < 0.4

    def texture(x, y):
        if round_:
            along = 1.4 * np.hypot(x - np.float32(place[0]), y - np.float32(place[1]))
        else:
            along = 0.5 + (x - 0.5) * cosine + (y - 0.5) * sine
        mix = np.clip(along + strength * noise(x * zoom, y * zoom), 0, 1)
        return low + (high - low) * mix

    return texture


def _leaves(low, high, rng: np.random.Generator) -> Texture:
    low, high = (colour.astype(np.float32)[:, None, None] for colour in (low, high))
    noise, zoom = Noise(rng, 16, 3), rng.uniform(6, 22)
    sky = np.float32(rng.choice((0.35, 0.6, 2.0)))

    def texture(x, y):
        leaf = noise(x * zoom + noise(x * 3, y * 3), y * zoom)
        mass = noise(x * 2.5 + 3, y * 2.5)
        mix = np.clip(0.45 + 0.35 * leaf + 0.4 * mass, 0, 1)
        gaps = np.clip(4 * (mass + 0.4 * leaf - sky), 0, 1)
        return (low + (high - low) * mix) * (1 - gaps) + gaps * np.float32(0.92)

    return texture


def _box(x: float, y: float, width: float, height: float, lean: float = 0.0) -> np.ndarray:
    return np.array([(x, y), (x + width, y + lean * width), (x + width, y + height), (x, y + height)])


def _paint_shapes(canvas: Canvas, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(4, 12))):
        (x, y), (rx, ry) = rng.random(2), rng.uniform(0.03, 0.3, 2)
        shape = _box(x - rx, y - ry, 2 * rx, 2 * ry) if rng.random() < 0.6 else ellipse(x, y, rx, ry, 24)
        soften = float(rng.choice([0.0, 0.01, 0.04]))
        canvas.paint(shape, _colour(rng), opacity=rng.uniform(0.3, 1), soften=soften)


def _paint_room(canvas: Canvas, rng: np.random.Generator) -> None:
    """Walls, doors, windows, shelves, curtains: upright things with edges."""
    lean = rng.normal(0, 0.1)
    for _ in range(int(rng.integers(2, 6))):
        x, width = rng.uniform(-0.2, 1), rng.uniform(0.05, 0.5)
        y, height = rng.choice((-0.1, rng.uniform(0, 0.5))), rng.uniform(0.3, 1.2)
        colour = _colour(rng)
        canvas.paint(_box(x, y, width, height, lean), colour)
        edge = rng.uniform(0.006, 0.03)
        for side in (x, x + width):
            canvas.paint(_box(side, y, edge, height), colour * rng.uniform(0.4, 1.2))
        if rng.random() < 0.5:  # shelves, blinds, panes
            rows = np.arange(y, y + height, rng.uniform(0.04, 0.25))
            bars = [_box(x, row, width, edge * 0.7, lean) for row in rows]
            canvas.paint(bars, colour * rng.uniform(0.3, 1.3))
        if rng.random() < 0.3:  # books, folds of a curtain
            columns = np.arange(x, x + width, rng.uniform(0.015, 0.06))
            for column in columns[:12]:
                canvas.paint(_box(column, y, 0.02, height), _colour(rng), opacity=rng.uniform(0.2, 0.9))


def _paint_lights(canvas: Canvas, rng: np.random.Generator) -> None:
    """Lights out of focus."""
    radius, tone = rng.uniform(0.015, 0.07), _colour(rng)
    for _ in range(8):
        colour = np.clip(tone + rng.uniform(0, 0.6) + rng.normal(0, 0.15, 3), 0, 1)
        radii, places = radius * rng.uniform(0.5, 1.4, 4), rng.random((4, 2))
        discs = [ellipse(x, y, r, r, 14) for (x, y), r in zip(places, radii, strict=True)]
        canvas.paint(discs, colour, opacity=rng.uniform(0.2, 0.8), soften=0.15 * radius)


def _paint_writing(canvas: Canvas, rng: np.random.Generator) -> None:
    """Words on a wall, as at press conferences."""
    size = canvas.size
    letters = list(string.ascii_uppercase + string.digits)
    for _ in range(int(rng.integers(1, 5))):
        words = np.zeros((size, size), np.uint8)
        scale, font = rng.uniform(0.002, 0.009), int(rng.choice(FONTS))
        stroke = max(1, int(rng.uniform(1, 6) * scale * size / 1.2))
        for _ in range(int(rng.integers(1, 4))):
            word = ''.join(rng.choice(letters, rng.integers(2, 9)))
            x, y = rng.uniform((-0.2, 0.05), (0.9, 1.0))
            if rng.random() < 0.3:
                canvas.paint(_box(x - 0.02, y - 24 * scale, 22 * scale * len(word), 30 * scale), _colour(rng))
            cv2.putText(
                words, word, (int(x * size), int(y * size)), font, scale * size, 255, stroke, cv2.LINE_AA
            )
        planes, colour = canvas.planes, _colour(rng).astype(np.float32)[:, None, None]
        planes += (colour - planes) * (words * np.float32(1 / 255))


def _paint_other_person(canvas: Canvas, rng: np.random.Generator) -> None:
    """Somebody else, roughly: the labels know the one in front only."""
    (x, y), r = rng.uniform((-0.1, 0.1), (1.1, 0.8)), rng.uniform(0.05, 0.2)
    skin = np.clip(SKIN_TONES[rng.integers(len(SKIN_TONES))] * rng.uniform(0.6, 1.1), 0, 1)
    hair = HAIR_COLOURS[rng.integers(len(HAIR_COLOURS))]
    soften = float(rng.choice((0.002, 0.006, 0.015)))
    long = rng.random() < 0.4
    canvas.paint(ellipse(x, y - 0.15 * r, 1.2 * r, (1.6 if long else 1.3) * r), hair, soften=soften)
    canvas.paint(_box(x - 0.4 * r, y + 0.8 * r, 0.8 * r, r), skin * 0.8, soften=soften)
    canvas.paint(ellipse(x, y + 3.6 * r, 2.2 * r, 2.2 * r), cloth_colour(rng), soften=soften)
    canvas.paint(ellipse(x, y + 0.2 * r, 0.85 * r, 1.15 * r), skin, soften=soften)
    dark = [ellipse(x + side * 0.35 * r, y, 0.16 * r, 0.07 * r, 12) for side in (-1, 1)]
    canvas.tint([*dark, ellipse(x, y + 0.75 * r, 0.28 * r, 0.07 * r, 12)], (0.45, 0.35, 0.35), soften=soften)
