"""Glasses, hats, earrings and necklaces."""

from __future__ import annotations

import numpy as np

from .body import Body
from .canvas import Canvas, Part
from .curves import Noise, curve, ellipse, mirror, moved, ribbon
from .features import ear_lobe, ear_visible
from .head import Head
from .person import Person, pick

SEEN_THROUGH = (Part.L_EYE, Part.R_EYE, Part.L_BROW, Part.R_BROW)
METALS = np.array([(0.85, 0.66, 0.30), (0.78, 0.78, 0.80), (0.82, 0.55, 0.42), (0.93, 0.90, 0.86)])


def paint_glasses(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    unit = head.scale
    sun = person.glasses == 'sun'
    power = rng.choice([2.0, 2.6, 4.0])  # round, oval, square
    half_w = rng.uniform(0.30, 0.38) * (1.1 if sun else 1)
    half_h = rng.uniform(0.21, 0.30) * (1.12 if sun else 1)
    drop = rng.uniform(0.0, 0.12)
    thick = rng.uniform(0.025, 0.075) * (1.2 if sun else 1)
    frame = (
        rng.choice([0.06, 0.12, 0.5]) * rng.uniform(0.5, 1.5, 3)
        if rng.random() < 0.75
        else METALS[rng.integers(len(METALS))] * 0.8
    )
    glass = rng.uniform(0.02, 0.25, 3) if sun else np.array((0.85, 0.9, 0.95))
    angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    rim_x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / power)
    rim_y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / power)
    opacity = rng.uniform(0.82, 0.97) if sun else rng.uniform(0.02, 0.14)
    shift, rake = rng.uniform(-0.3, 0.3), drop + 0.02
    gap = max(head.eye_distance + 0.02, half_w + 0.06)
    for side in (-1, 1):
        x = side * gap + half_w * rim_x
        y = rake + half_h * rim_y * (1 - 0.12 * rim_x * side)
        lens = np.stack([x, y], 1)
        lens_view = head.draw(lens, 0.14)
        canvas.tint(moved(lens_view, 0, 0.05 * unit), (0.85, 0.82, 0.8), soften=0.04 * unit)
        canvas.paint(lens_view, glass, Part.EYE_G, opacity=opacity, keep=() if sun else SEEN_THROUGH)
        streak = moved([(-0.7, 1.2), (-0.2, 1.2), (0.5, -1.2), (0.0, -1.2)], shift, 0)
        streak = head.draw(moved(streak * (half_w, half_h), side * gap, rake), 0.14)
        canvas.paint(streak, (0.95, 0.97, 1), opacity=0.16, clip=lens_view, soften=0.02 * unit)
        hinge = head.on_face([(side * (gap + half_w), rake - 0.08)], 0.14)[0, :2]
        ear = head.solid([(side * 1.0, -0.06, 0.05)])[0, :2]
        if side * head.yaw < 0.3:
            temple = ribbon(head.place([hinge, ear]), (thick * unit, 0.8 * thick * unit))
            canvas.paint(temple, frame * 0.8, Part.EYE_G)
        closed = np.concatenate([lens, lens[:2]])
        canvas.paint(head.place(head.on_face(ribbon(closed, thick), 0.14)), frame, Part.EYE_G)
        glint = ribbon(head.draw(closed[20:30], 0.14), 0.25 * thick * unit)
        canvas.paint(glint, (1, 1, 1), opacity=0.35, soften=0.006 * unit)
    bridge = curve([(-gap + half_w, rake - 0.02), (0, rake - 0.08), (gap - half_w, rake - 0.02)])
    canvas.paint(head.draw(ribbon(bridge, thick), 0.2), frame, Part.EYE_G)


def paint_earrings(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> None:
    kind = pick(rng, {'stud': 0.3, 'hoop': 0.35, 'drop': 0.35})
    colour = METALS[rng.integers(len(METALS))]
    gem = rng.uniform(0.1, 0.95, 3)
    size = rng.uniform(0.75, 1.35)
    unit = head.scale
    for side in (-1, 1):
        if not ear_visible(head, side):
            continue
        x, y = ear_lobe(head, side)
        if kind == 'hoop':
            radius = 0.17 * size
            ring = ellipse(x, y + radius, radius * rng.uniform(0.55, 0.95), radius, 32)
            shape = ribbon(np.concatenate([ring, ring[:2]]), 0.055)
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
    chain = np.stack([width * t, top + depth * (1 - np.abs(t) ** 2.2)], 1)
    kind = pick(rng, {'chain': 0.5, 'beads': 0.35, 'band': 0.15})
    placed = body.draw(chain)
    thick = {'chain': 0.04, 'beads': 0.085, 'band': 0.1}[kind] * rng.uniform(0.85, 1.3)
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


def paint_hat_back(canvas: Canvas, head: Head, hat: Hat) -> None:
    if hat.kind == 'brim':
        canvas.paint(head.place(hat.brim(back=True)), hat.colour * 0.45, Part.HAT)
    if hat.kind == 'scarf':
        side = [
            (0.0, -1.85),
            (0.9, -1.55),
            (1.28, -0.6),
            (1.25, 0.5),
            (1.1, 1.3),
            (1.25, 2.0),
            (1.7, 2.6),
            (1.5, 3.2),
        ]
        mane = moved(mirror(curve(side, 6)), head.axis, 0)
        canvas.paint(head.place(mane), hat.texture, Part.HAT)


class Hat:
    """A hat that sits on the skull above the brows."""

    def __init__(self, head: Head, person: Person, rng: np.random.Generator):
        self.head, self.kind, self.person = head, person.hat, person
        value = rng.uniform(0.1, 0.9)
        self.colour = np.clip(value + rng.normal(0, 0.2, 3), 0.04, 0.95)
        self.trim = np.clip(self.colour * rng.uniform(0.4, 1.5, 3), 0.03, 0.97)
        self.seat = rng.uniform(-0.82, -0.58)  # where it crosses the forehead
        self.tall = rng.uniform(0.2, 0.55) if self.kind != 'brim' else rng.uniform(0.35, 0.65)
        self.wide = rng.uniform(1.5, 2.1)
        self.noise = Noise(rng, 16, 2)
        self.ribs = rng.random() < 0.6
        self.middle = head.axis - 0.12 * np.sin(head.yaw)

    def ring(self, y: float, rx: float, rz: float, angle: np.ndarray, dip: float) -> np.ndarray:
        """Horizontal ellipse around the head, nearer points lower by `dip`; view coordinates."""
        x, z = rx * np.sin(angle), rz * np.cos(angle)
        return self.head.solid(np.stack([x, y + dip * np.cos(angle), z], 1))[:, :2]

    def brim(self, back: bool = False) -> np.ndarray:
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        return self.ring(self.seat - 0.16, self.wide, self.wide, angle, -0.1 if back else 0.16)

    def paint(self, canvas: Canvas) -> None:
        unit = self.head.scale
        if self.kind == 'scarf':
            self._paint_scarf(canvas)
            return
        front = np.linspace(-np.pi / 2, np.pi / 2, 21)
        band = self.ring(self.seat - 0.12, 1.08, 1.12, front, 0.14)
        x0, x1 = band[0, 0], band[-1, 0]
        top = -1.55 - self.tall
        square = 0.5 if self.kind == 'brim' else 0.75
        t = np.linspace(0, np.pi, 24)
        dome_x = (x0 + x1) / 2 + (x1 - x0) / 2 * np.sign(np.cos(t)) * np.abs(np.cos(t)) ** square
        dome_y = band[0, 1] + (top - band[0, 1]) * np.sin(t) ** square
        crown = np.concatenate([band, np.stack([dome_x, dome_y], 1)])
        place = self.head.place
        canvas.tint(place(moved(crown, 0, 0.12)), (0.62, 0.56, 0.54), soften=0.07 * unit)
        if self.kind == 'brim':
            brim = place(self.brim())
            canvas.tint(moved(brim, 0, 0.1 * unit), (0.65, 0.6, 0.58), soften=0.08 * unit)
            canvas.paint(brim, self.texture, Part.HAT)
            canvas.tint(brim, (0.8, 0.8, 0.8), soften=0.1 * unit)
        canvas.paint(place(crown), self.texture, Part.HAT)
        edge = {'beanie': 0.34, 'brim': 0.22}.get(str(self.kind), 0.06)
        trim = np.concatenate([band, (band - (0, edge))[::-1]])
        canvas.paint(place(trim), self.trim * 0.85, Part.HAT, opacity=0.85)
        canvas.tint(ribbon(place(band - (0, edge)), 0.03 * unit), (0.6, 0.6, 0.6), soften=0.012 * unit)
        if self.kind == 'cap':
            self._paint_visor(canvas)

    def _paint_visor(self, canvas: Canvas) -> None:
        unit = self.head.scale
        angle = np.linspace(-1.15, 1.15, 17)
        inner = self.ring(self.seat - 0.14, 1.06, 1.12, angle, 0.14)
        outer = self.ring(self.seat - 0.2, 1.12, 2.0, angle, 0.42)
        visor = self.head.place(np.concatenate([inner, outer[::-1]]))
        canvas.tint(moved(visor, 0, 0.1 * unit), (0.6, 0.54, 0.52), soften=0.06 * unit)
        canvas.paint(visor, self.trim, Part.HAT)
        canvas.tint(
            ribbon(self.head.place(outer), 0.1 * unit), (0.65, 0.65, 0.65), soften=0.04 * unit, clip=visor
        )

    def _paint_scarf(self, canvas: Canvas) -> None:
        head, unit = self.head, self.head.scale
        side = [(0.0, -1.85), (0.9, -1.55), (1.24, -0.6), (1.2, 0.5), (1.05, 1.3), (0.9, 2.1), (0.5, 2.5)]
        outer = moved(mirror(curve(side, 6)), head.axis, 0)
        face = head.on_face(
            mirror(
                curve(
                    [
                        (0.0, self.seat),
                        (0.5, self.seat + 0.06),
                        (0.86, -0.2),
                        (0.9, 0.4),
                        (0.72, 1.05),
                        (0.4, 1.42),
                        (0.0, 1.58),
                    ],
                    6,
                )
            )
        )[:, :2]
        # one outline with a hole: the two loops are joined by a seam without width
        shape = np.concatenate([outer, outer[:1], face[::-1], face[-1:], outer[:1]])
        place = head.place
        canvas.tint(place(moved(shape, 0, 0.05)), (0.7, 0.64, 0.62), soften=0.05 * unit)
        canvas.paint(place(shape), self.texture, Part.HAT)
        canvas.tint(ribbon(place(face), 0.08 * unit), (0.75, 0.75, 0.75), soften=0.03 * unit)

    def texture(self, ux: np.ndarray, uy: np.ndarray) -> np.ndarray:
        x, y = self.head.unplace(ux, uy)
        x = x - np.float32(self.middle)
        weave = self.noise(x * 2 + y, y * 1.5 - x)
        if self.kind == 'beanie' and self.ribs:
            weave = weave + 1.2 * np.sin(x * 26) * np.cos(y * 3)
        light = 0.82 + 0.1 * weave + 0.28 * np.clip(x * self.person.light[0], -1, 1)
        light -= 0.12 * np.clip(np.abs(x) - 0.6, 0, 1)
        return (self.colour * light[..., None]).astype(np.float32)
