"""Glasses: two lenses in frames, a bridge, and temples that vanish in the hair."""

from __future__ import annotations

import numpy as np

from ..anatomy.head import Head
from ..painting.canvas import Canvas, Part
from ..painting.curves import curve, joined, loop, moved, ribbon
from ..person import Person
from .jewellery import METALS

LIFT = 0.14  # how far the lenses stand off the face


class Glasses:
    def __init__(self, head: Head, person: Person, rng: np.random.Generator):
        self.head = head
        self.sun = sun = person.glasses == 'sun'
        self.power = rng.choice([2.0, 2.6, 4.0])  # of the superellipse: round, oval, square
        self.half_w = rng.uniform(0.30, 0.38) * (1.1 if sun else 1)
        self.half_h = rng.uniform(0.21, 0.30) * (1.12 if sun else 1)
        self.y = rng.uniform(0.02, 0.14)
        self.thick = rng.choice((rng.uniform(0.018, 0.035), rng.uniform(0.03, 0.1))) * (1.2 if sun else 1)
        self.rim = rng.choice(('full', 'half', 'none'), p=(0.82, 0.14, 0.04))
        self.x = max(head.eye_distance + 0.02, self.half_w + 0.06)
        tinted = rng.choice([0.06, 0.12, 0.5]) * rng.uniform(0.5, 1.5, 3)
        metal = METALS[rng.integers(len(METALS))] * 0.8
        self.frame = tinted if rng.random() < 0.75 else metal
        self.glass = rng.uniform(0.02, 0.25, 3) if sun else np.array((0.85, 0.9, 0.95))
        self.opacity = rng.uniform(0.82, 0.97) if sun else rng.uniform(0.02, 0.14)
        self.glare = rng.uniform(-0.3, 0.3)

    def paint_temples(self, canvas: Canvas) -> None:
        """The bars to the ears; before the hair that falls over them."""
        head, width = self.head, self.thick * self.head.scale
        for side in (-1, 1):
            hinge = head.on_face([(side * (self.x + self.half_w), self.y - 0.08)], LIFT)[0, :2]
            ear = head.solid([(side * 0.97, -0.08, 0.05)])[0, :2]
            if side * head.yaw < 0.3:
                bar = ribbon(head.place([hinge, ear]), (width, 0.8 * width))
                canvas.paint(bar, self.frame * 0.8, Part.EYE_G)

    def paint_lenses(self, canvas: Canvas, rng: np.random.Generator) -> None:
        for side in (-1, 1):
            self._paint_lens(canvas, side, rng)
        end = self.x - self.half_w
        bridge = curve([(-end, self.y - 0.02), (0, self.y - 0.08), (end, self.y - 0.02)])
        canvas.paint(self.head.draw(ribbon(bridge, self.thick), 0.2), self.frame, Part.EYE_G)

    def _paint_lens(self, canvas: Canvas, side: int, rng: np.random.Generator) -> None:
        head, unit = self.head, self.head.scale
        lens = self._rim(side)
        outline = head.draw(lens, LIFT)
        canvas.tint(moved(outline, 0, 0.05 * unit), (0.85, 0.82, 0.8), soften=0.04 * unit)
        canvas.paint(outline, self.glass, Part.EYE_G, opacity=self.opacity)
        streak = moved([(-0.7, 1.2), (-0.2, 1.2), (0.5, -1.2), (0.0, -1.2)], self.glare, 0)
        streak = head.draw(moved(streak * (self.half_w, self.half_h), side * self.x, self.y), LIFT)
        canvas.paint(streak, (0.95, 0.97, 1), opacity=0.16, clip=outline, soften=0.02 * unit)
        if rng.random() < 0.45:
            self._paint_reflection(canvas, side, outline, rng)
        if self.rim == 'full':
            canvas.paint(head.draw(loop(lens, self.thick), LIFT), self.frame, Part.EYE_G)
        elif self.rim == 'half':
            canvas.paint(head.draw(ribbon(lens[17:37], self.thick), LIFT), self.frame, Part.EYE_G)
        else:
            edge = head.draw(loop(lens, 0.018), LIFT)
            canvas.paint(edge, np.full(3, rng.choice((0.15, 0.9))), Part.EYE_G, opacity=rng.uniform(0.5, 0.9))
        glint = ribbon(head.draw(lens[20:30], LIFT), 0.25 * self.thick * unit)
        canvas.paint(glint, (1, 1, 1), opacity=0.35, soften=0.006 * unit)

    def _paint_reflection(self, canvas: Canvas, side: int, outline, rng: np.random.Generator) -> None:
        """A window or a lamp in the glass."""
        x, y = side * self.x + rng.normal(0, 0.15), self.y + rng.normal(0, 0.1)
        width, height = rng.uniform(0.05, 0.25, 2)
        pane = [(x, y), (x + width, y + 0.03), (x + width, y + height), (x, y + height - 0.03)]
        tone, opacity = rng.uniform(0.6, 1.0, 3), rng.uniform(0.2, 0.85)
        canvas.paint(
            self.head.draw(pane, LIFT), tone, opacity=opacity, clip=outline, soften=0.01 * self.head.scale
        )

    def _rim(self, side: int) -> np.ndarray:
        angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
        x, y = (np.sign(f) * np.abs(f) ** (2 / self.power) for f in (np.cos(angle), np.sin(angle)))
        return joined(side * (self.x + self.half_w * x), self.y + self.half_h * y * (1 - 0.12 * x))
