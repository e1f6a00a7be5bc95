"""Hats: beanies, caps with a visor, hats with a brim, headscarves."""

from __future__ import annotations

import cv2
import numpy as np

from ..anatomy.head import Head
from ..painting.canvas import Canvas, Part
from ..painting.colours import cloth_colour
from ..painting.curves import Noise, curve, ellipse, joined, mirror, moved, ribbon
from ..person import Person


class Hat:
    """A hat that sits on the skull above the brows."""

    def __init__(self, head: Head, person: Person, rng: np.random.Generator):
        self.head, self.kind, self.person = head, person.hat, person
        value = rng.uniform(0.1, 0.9)
        self.colour = (
            np.clip(value + rng.normal(0, 0.2, 3), 0.04, 0.95) if rng.random() < 0.6 else cloth_colour(rng)
        )
        self.other, self.stripes = cloth_colour(rng), rng.uniform(8, 30) if rng.random() < 0.2 else 0.0
        self.logo = [rng.uniform((-0.3, 0.2), (0.3, 0.8), (int(rng.integers(2, 6)), 2)) for _ in range(3)]
        self.logo = self.logo if rng.random() < (0.6 if self.kind == 'cap' else 0.3) else []
        self.pompom = self.kind == 'beanie' and rng.random() < 0.25
        self.trim = np.clip(self.colour * rng.uniform(0.4, 1.5, 3), 0.03, 0.97)
        self.seat = rng.uniform(-0.82, -0.58)  # where it crosses the forehead
        self.tall = rng.uniform(*{'brim': (0.35, 0.65), 'cap': (0.12, 0.28)}.get(str(self.kind), (0.15, 0.5)))
        self.wide = rng.uniform(1.5, 2.1)
        self.noise = Noise(rng, 16, 2)
        self.ribs = rng.random() < 0.6
        self.sheen = float(rng.uniform(-0.3, 0.7))
        self.seams = float(rng.uniform(0.3, 0.6)) if self.kind == 'cap' and rng.random() < 0.6 else 0.0
        if rng.random() < 0.4:
            self.other = np.full(3, rng.uniform(0.8, 0.97))  # a white logo
        self.shadow = rng.uniform(0.08, 0.6), rng.uniform(0.3, 0.75), rng.choice((0.02, 0.06, 0.12))
        self.middle = float(head.axis - 0.12 * np.sin(head.yaw))

    def ring(self, y: float, rx: float, rz: float, angle: np.ndarray, dip: float) -> np.ndarray:
        """Horizontal ellipse around the head, nearer points lower by `dip`; view coordinates."""
        x, z = rx * np.sin(angle), rz * np.cos(angle)
        return self.head.solid(np.stack([x, y + dip * np.cos(angle), z], 1))[:, :2]

    def brim(self, back: bool = False) -> np.ndarray:
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        return self.ring(self.seat - 0.16, self.wide, self.wide, angle, -0.1 if back else 0.16)

    def paint_back(self, canvas: Canvas) -> None:
        if self.kind == 'brim':
            canvas.paint(self.head.place(self.brim(back=True)), self.colour * 0.45, Part.HAT)
        if self.kind == 'scarf':
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
            mane = moved(mirror(curve(side, 6)), self.head.axis, 0)
            canvas.paint(self.head.place(mane), self.texture, Part.HAT)

    def paint(self, canvas: Canvas) -> None:
        unit = self.head.scale
        if self.kind == 'scarf':
            self._paint_scarf(canvas)
            return
        front = np.linspace(-np.pi / 2, np.pi / 2, 21)
        band = self.ring(self.seat - 0.12, 1.12, 1.14, front, 0.14)
        x0, x1 = band[0, 0], band[-1, 0]
        top = -1.55 - self.tall
        square = 0.4 if self.kind == 'brim' else 0.8
        t = np.linspace(0, np.pi, 24)
        dome_x = (x0 + x1) / 2 + (x1 - x0) / 2 * np.sign(np.cos(t)) * np.abs(np.cos(t)) ** square
        dome_y = band[0, 1] + (top - band[0, 1]) * np.sin(t) ** (0.7 if self.kind == 'brim' else 0.8)
        crown = np.concatenate([band, joined(dome_x, dome_y)])
        place = self.head.place
        canvas.tint(place(moved(crown, 0, 0.12)), (0.62, 0.56, 0.54), soften=0.07 * unit)
        if self.kind == 'brim':
            brim = place(self.brim())
            self._paint_shadow(canvas, self.brim())
            canvas.paint(brim, self.texture, Part.HAT)
            canvas.tint(brim, (0.8, 0.8, 0.8), soften=0.1 * unit)
        canvas.paint(place(crown), self.texture, Part.HAT)
        edge = {'beanie': 0.34, 'brim': 0.22}.get(str(self.kind), 0.06)
        trim = np.concatenate([band, (band - (0, edge))[::-1]])
        canvas.paint(place(trim), self.trim * 0.85, Part.HAT, opacity=0.85, clip=place(crown))
        canvas.tint(ribbon(place(band - (0, edge)), 0.03 * unit), (0.6, 0.6, 0.6), soften=0.012 * unit)
        middle = np.array(((x0 + x1) / 2 + 0.35 * np.sin(self.head.yaw), band[10, 1]))
        if self.logo:
            letters = [ribbon(middle + line * (1, -1), 0.09) for line in self.logo]
            canvas.paint([place(letter) for letter in letters], self.other, clip=place(crown))
        if self.pompom:
            ball = ellipse((x0 + x1) / 2, top - 0.1, 0.3, 0.28)
            ball += 0.03 * np.sin(17 * ball[:, ::-1])
            canvas.paint(place(ball), self.texture, Part.HAT, soften=0.03 * unit)
        if self.kind == 'cap':
            self._paint_visor(canvas)

    def _paint_visor(self, canvas: Canvas) -> None:
        unit = self.head.scale
        angle = np.linspace(-1.15, 1.15, 17)
        inner = self.ring(self.seat - 0.14, 1.06, 1.12, angle, 0.14)
        outer = self.ring(self.seat - 0.2, 1.12, 1.95, angle, 0.62)
        visor = self.head.place(np.concatenate([inner, outer[::-1]]))
        self._paint_shadow(canvas, np.concatenate([inner, moved(outer, 0, -0.1)[::-1]]))
        canvas.paint(visor, self.trim, Part.HAT)
        canvas.tint(
            ribbon(self.head.place(outer), 0.1 * unit), (0.65, 0.65, 0.65), soften=0.04 * unit, clip=visor
        )

    def _paint_shadow(self, canvas: Canvas, outline: np.ndarray) -> None:
        """What a visor or a brim takes of the light on the face, often as far as the eyes."""
        fall, tone, soften = self.shadow
        head, (x, y, _) = self.head, self.person.light
        fallen = np.concatenate([outline, moved(outline, -x * fall, max(-y, 0.5) * fall)])
        hull = cv2.convexHull(head.place(fallen).astype(np.float32))[:, 0]
        face = head.place(head.silhouette())
        canvas.tint(hull, tone * np.array((1, 0.94, 0.92)), soften=soften * head.scale, clip=face)

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
        light = 0.82 + 0.1 * weave + 0.28 * np.clip(x * float(self.person.light[0]), -1, 1)
        light -= 0.12 * np.clip(np.abs(x) - 0.6, 0, 1)
        light += self.sheen * np.clip((-1.0 - y) / 0.8, 0, 1)  # the crown faces the sky
        if self.seams:
            light *= 1 - 0.25 * np.exp(-(((np.abs(x) - self.seams * (y + 2.2)) / 0.02) ** 2))
        colour = self.colour.astype(np.float32)[:, None, None]
        if self.stripes:
            other = (np.sin(y * np.float32(self.stripes)) > 0.2).astype(np.float32)
            colour = colour + (self.other.astype(np.float32)[:, None, None] - colour) * other
        return colour * light
