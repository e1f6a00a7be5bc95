"""Neck and shoulders. They turn and tilt less than the head."""

from __future__ import annotations

import numpy as np

from ..painting.canvas import Canvas, Part
from ..painting.chance import pick
from ..painting.curves import Noise, curve, mirror, moved, ribbon
from ..person import Person
from .head import Frame, Head

NECKLINES = {
    'crew': 0.24,
    'v': 0.15,
    'wide': 0.12,
    'shirt': 0.2,
    'suit': 0.13,
    'turtle': 0.06,
    'hood': 0.08,
    'straps': 0.06,
    'shawl': 0.04,
}
BARE = ('straps', 'wide')  # necklines that show the shoulders
COVERED = ('turtle', 'shawl')  # necklines that leave no room for a necklace


class Body(Frame):
    """Frame of neck and shoulders, which holds on to the head at the throat."""

    def __init__(self, head: Head, person: Person, rng: np.random.Generator):
        super().__init__(head.centre, head.scale, head.roll - person.tilt)
        self.x = 0.75 * head.axis
        pivot = np.array([(self.x, 0.9)])
        self.centre = head.centre + (head.place(pivot) - self.place(pivot))[0]
        self.lean = rng.normal(0, 0.08)
        self.turn = rng.normal(0.3 * head.yaw, 0.25)
        self.broad = rng.normal(2.25 if person.feminine else 2.65, 0.15)
        self.neck = rng.normal(0.56 if person.feminine else 0.7, 0.05)
        self.drop = rng.normal(1.58, 0.13)
        self.slope = np.clip(
            rng.normal(0.9, 0.5, 2), -0.4, 1.7
        )  # of the shoulders at the left and at the right
        names = {'straps': 0.0} if not person.feminine else {'straps': 0.16, 'wide': 0.2}
        self.neckline = pick(
            rng, NECKLINES | names | (dict.fromkeys(COVERED, 0.0) if person.necklace else {})
        )

    def draw(self, xy) -> np.ndarray:
        """(..., 2) points of a straight body to the picture."""
        points = np.array(xy, np.float64)
        x, y = points[..., 0], points[..., 1]
        low = y - self.drop
        rise = np.where(x < 0, *(0.35 * (self.slope - 1)))
        # shoulders hang or are drawn up, and of a turned body the near one is wider
        y += rise * np.minimum(np.maximum(np.abs(x) - self.neck, 0), 1.5) * (low > -0.6)
        x *= 1 - 0.3 * self.turn * np.tanh(x)
        x += self.x + self.lean * y + 0.4 * self.turn * np.minimum(np.maximum(low + 0.5, 0), 1)
        return self.place(points)

    def shoulder(self) -> list[tuple[float, float]]:
        """Return the line from the neck over the right shoulder and down the arm."""
        d, b = self.drop, self.broad
        return [
            (b * 0.45, d + 0.1),
            (b * 0.72, d + 0.26),
            (b * 0.96, d + 0.58),
            (b * 1.1, d + 1.2),
            (b * 1.25, d + 3),
            (b * 1.25, 9),
        ]


def paint_neck(canvas: Canvas, head: Head, body: Body, person: Person, rng: np.random.Generator) -> None:
    w, d = body.neck, body.drop
    shoulder = body.shoulder()
    if body.neckline not in BARE:  # under the clothes, and no wider
        b = body.broad
        shoulder = [(0.42 * b, d + 0.18), (0.62 * b, d + 0.4), (0.62 * b, d + 1.6)]
    half = [(w, 0.6), (0.96 * w, 1.2), (w, d - 0.3), (1.25 * w, d - 0.02), *shoulder]
    unit = head.scale
    colour = person.skin * (0.80 + 0.1 * person.ambient) * (0.98, 0.95, 0.94)
    neck = body.draw(mirror(curve(half)))
    noise = Noise(rng, 16, 2)
    base, light_x = colour.astype(np.float32), float(person.light[0])

    def texture(ux, uy):
        x, y = body.unplace(ux, uy)
        shade = 1.03 + 0.08 * noise(x * 3, y * 2) + 0.42 * np.minimum(np.maximum(x * light_x, -0.6), 0.6)
        return np.multiply.outer(base, shade)

    canvas.paint(neck, texture, Part.NECK, coarse=True)
    clip = canvas.stencil(neck)
    far = -np.sign(person.light[0] or 1)
    side = curve([(far * w, 0.8), (far * w * 0.98, 1.5), (far * 1.2 * w, d)])
    canvas.tint(ribbon(body.draw(side), 0.5 * unit), (0.66, 0.58, 0.55), soften=0.15 * unit, clip=clip)
    # the muscles that meet at the collar bones
    cord, bone = (
        np.array([(0.75 * w, 1.2), (0.42 * w, 1.55), (0.12, d + 0.12)]),
        np.array([(0.14, d + 0.16), (0.8, d + 0.1), (1.6, d + 0.3)]),
    )
    both = np.array([[(-1, 1)], [(1, 1)]])
    cords = ribbon(body.draw(curve(cord) * both), (0.02 * unit, 0.05 * unit))
    canvas.tint(cords, (0.93, 0.90, 0.89), soften=0.05 * unit)
    bones = ribbon(body.draw(curve(bone) * both), (0.04 * unit, 0.06 * unit))
    canvas.tint(bones, (0.86, 0.81, 0.79), soften=0.045 * unit)
    chin = head.place(moved(head.silhouette(), 0.12 * far, 0.16))
    strength = rng.uniform(0.4, 1.2) * np.array((0.5, 0.58, 0.61))
    canvas.tint(chin, 1 - strength, soften=rng.choice((0.015, 0.06, 0.14)) * unit, clip=clip)
    if rng.random() < 0.35:  # creases around the throat, which are no necklaces
        for y in rng.uniform(1.3, max(1.3, d + 0.1), int(rng.integers(1, 4))):
            crease = curve([(-0.9 * w, y - 0.1), (0, y + rng.uniform(0.02, 0.15)), (0.9 * w, y - 0.1)])
            line = ribbon(body.draw(crease), (0, rng.uniform(0.015, 0.05) * unit, 0))
            canvas.tint(
                line, 1 - rng.uniform(0.3, 1.0) * np.array((0.3, 0.38, 0.4)), soften=0.012 * unit, clip=clip
            )
