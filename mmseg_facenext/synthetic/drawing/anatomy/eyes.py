"""Eyes and brows."""

from __future__ import annotations

import numpy as np

from ..painting.canvas import Canvas, Part
from ..painting.curves import circle, joined, ribbon, strokes
from ..person import Person
from .head import Head
from .outlines import Eye

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


SIDES = np.array([(-1.0,), (1.0,)])  # the image's left and right


class _Lids:
    """The lines of both eyes, (2, N, 2) each; `t` runs from the inner corner (-1) to the outer one (1)."""

    t = np.linspace(-1, 1, 15)

    def __init__(self, head: Head, half_width: float, slant: float, opening: float):
        t, self.head = self.t, head
        self.middle = SIDES * head.eye_distance
        self.x = self.middle + SIDES * half_width * t
        self.upper_y = -slant * t - 0.095 * opening * (1 - np.abs(t + 0.08) ** 1.9).clip(0)
        low = 0.06 * (0.35 + 0.65 * opening) if opening > 0.2 else 0.0
        self.lower_y = -slant * t + low * (1 - np.abs(t - 0.12) ** 1.9).clip(0)
        self.upper, self.lower = self.above(0), self.below(0)
        self.almond = self.between(self.upper, self.lower)
        # the corners, where the lids meet, are skin in the labels
        self.opening = self.between(self.upper[:, 1:-1], self.lower[:, 1:-1])
        self.lid = self.between(self.above(0.10 - 0.03 * np.abs(t)), self.upper)

    def above(self, height) -> np.ndarray:
        """Return the line `height` above the upper lid's edge, in the picture."""
        return self._draw(self.x, self.upper_y - height)

    def below(self, depth) -> np.ndarray:
        return self._draw(self.x, self.lower_y + depth)

    @staticmethod
    def between(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Return the outlines of what lies between two lines."""
        return np.concatenate([upper, lower[:, ::-1]], 1)

    def corner(self) -> np.ndarray:
        return self._draw(self.x[:, :3], (self.upper_y[:3] + self.lower_y[:3]) / 2)

    def inner(self) -> np.ndarray:
        """Return the hollow between the eye and the bridge of the nose."""
        x, y = (circle(12) * (0.07, 0.13)).T
        return self._draw(self.middle - SIDES * 0.22 + x, y - 0.04)

    def wing(self) -> np.ndarray:
        """Return where lashes leave the outer corner."""
        x = self.x[:, -1:] + SIDES * np.linspace(-0.02, 0.06, 4)
        return self._draw(x, self.upper_y[-1] + np.linspace(0, -0.05, 4))

    def lashes(self, y: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
        """Return hairs that begin at the heights `y`, (26, 3, 2); a negative length goes up."""
        t, x = self.t[2:], self.x[:, 2:]
        down = length * rng.uniform(0.6, 1.1, x.shape)
        out = SIDES * np.abs(down) * (0.2 + 0.8 * t)
        roots = np.stack(np.broadcast_arrays(x, y[2:]), -1).reshape(-1, 2)
        return self.head.draw(strokes(roots, roots + joined(out.ravel(), down.ravel()), 0.016))

    def trough(self) -> np.ndarray:
        """Return the groove from the inner corner down to the cheek."""
        s = np.linspace(0, 1, 8)
        return self._draw(self.middle + SIDES * (0.36 * s - 0.2), 0.04 + 0.26 * s**0.7)

    def _draw(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self.head.draw(np.stack(np.broadcast_arrays(x, y), -1))


def paint_eyes(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> tuple[Eye, Eye]:
    """Return the lids of the eye at the image's left and of the one at its right."""
    opening = float(np.clip(rng.normal(0.76, 0.18), 0.3, 1.25))
    if rng.random() < 0.03:
        opening = 0.06  # closed
    eyes = _Lids(head, rng.uniform(0.18, 0.215), rng.normal(0.02, 0.03), opening)
    _paint_lids(canvas, eyes, person, rng)
    _paint_balls(canvas, eyes, person, rng)
    _paint_lashes(canvas, eyes, person, rng)
    (left, right), (left_low, right_low) = eyes.upper, eyes.lower
    return Eye(left[::-1], left_low[::-1]), Eye(right, right_low)


def _paint_lashes(canvas: Canvas, eyes: _Lids, person: Person, rng: np.random.Generator) -> None:
    """The rims of the lids and the hairs on them, which are skin in the labels."""
    unit, colour = eyes.head.scale, np.minimum(person.hair, 0.25) * 0.5
    weight = 0.02 + 0.03 * person.makeup + 0.012 * person.feminine
    above = eyes.above(0.25 * weight)
    upper = ribbon(above, np.array((0.3, 1, 1.3, 0.6)) * weight * unit)
    canvas.paint(upper, colour, soften=0.004 * unit, opacity=0.9)
    rim = rng.uniform(0.012, 0.035)
    wet = np.clip(person.skin * rng.uniform((0.95, 0.8, 0.8), (1.25, 1.1, 1.1)), 0, 1)
    canvas.paint(
        ribbon(eyes.below(0.5 * rim), (0.3 * rim * unit, rim * unit)), wet, soften=0.004 * unit, opacity=0.7
    )
    line = ribbon(eyes.below(rim + 0.008), (0, 0.012 * unit, 0.02 * unit))
    canvas.paint(line, colour, soften=0.006 * unit, opacity=rng.uniform(0.1, 0.45) + 0.4 * person.makeup)
    if person.feminine:
        wings = ribbon(eyes.wing(), (weight * unit, 0.1 * weight * unit))
        canvas.paint(wings, colour, soften=0.004 * unit, opacity=0.4 + 0.5 * person.makeup)
    long = rng.uniform(0.03, 0.08) + 0.04 * person.makeup
    canvas.paint(eyes.lashes(eyes.upper_y, -long, rng), colour, opacity=0.8)
    short = rng.uniform(0.3, 0.7) * long
    canvas.paint(eyes.lashes(eyes.lower_y + rim, short, rng), colour, opacity=rng.uniform(0.2, 0.7))


def _paint_lids(canvas: Canvas, eyes: _Lids, person: Person, rng: np.random.Generator) -> None:
    """Lids, their creases, bags below, and the shadow of the sockets."""
    unit, t = eyes.head.scale, eyes.t
    deep = rng.uniform(0.0, 0.8) if rng.random() < 0.75 else rng.uniform(1.0, 4.0)
    sockets = eyes.between(eyes.above(0.22), eyes.below(rng.uniform(0.04, 0.2)))
    canvas.tint(sockets, 1 - deep * np.array((0.12, 0.15, 0.16)), soften=rng.uniform(0.05, 0.1) * unit)
    if rng.random() < 0.2:  # smoky eyes, which are no glasses
        smoke = eyes.between(eyes.above(rng.uniform(0.08, 0.2)), eyes.below(rng.uniform(0.02, 0.12)))
        tone = rng.uniform(0.25, 0.8) * rng.uniform(0.8, 1.15, 3)
        canvas.tint(smoke, tone, soften=rng.uniform(0.02, 0.06) * unit)
    if rng.random() < 0.5:  # the shadow between eye and nose, which is no bridge of glasses
        shade = 1 - rng.uniform(0.1, 0.75) * np.array((0.5, 0.58, 0.6))
        canvas.tint(eyes.inner(), shade, soften=rng.uniform(0.02, 0.06) * unit)
    tone = np.array((0.88, 0.82, 0.80))
    if person.makeup > 0.4:
        tone *= 1 - person.makeup * (1 - rng.uniform(0.2, 0.9, 3)) * 0.8
    canvas.tint(eyes.lid, tone, soften=0.032 * unit)
    height = rng.uniform(0.035, 0.075)
    creases = eyes.above(height + 0.02 * (1 - t**2))
    widths = (0.005 * unit, rng.uniform(0.02, 0.045) * unit, 0.008 * unit)
    fold = 1 - rng.uniform(0.4, 1.3) * np.array((0.45, 0.53, 0.56))
    canvas.tint(ribbon(creases, widths), fold, soften=0.008 * unit)
    bags = rng.uniform(0.2, 1.6) * (0.5 + person.age)
    lines = eyes.below(rng.uniform(0.06, 0.12) + 0.04 * (1 - t**2))
    widths = (0, 0.03 * unit, 0.01 * unit)
    shade = 1 - bags * np.array((0.16, 0.2, 0.2))
    canvas.tint(ribbon(lines, widths), shade, soften=rng.uniform(0.008, 0.025) * unit)
    if rng.random() < person.age:
        canvas.tint(ribbon(eyes.trough(), (0, 0.05 * unit, 0)), shade, soften=0.015 * unit)


def _paint_balls(canvas: Canvas, eyes: _Lids, person: Person, rng: np.random.Generator) -> None:
    """Whites, irises with pupils, and what shines on them."""
    head = eyes.head
    unit, shade = head.scale, 0.68 + 0.32 * person.ambient
    dark_skin = float(person.skin.mean()) < 0.45
    iris = IRIS_COLOURS[rng.integers(0, 2 if dark_skin else len(IRIS_COLOURS))]
    iris = np.clip(iris * rng.uniform(0.6, 1.3), 0, 1)
    gaze = rng.normal(0, (0.04, 0.012), 2) - (head.yaw * 0.08, 0)
    white = np.array((0.93, 0.90, 0.89)) * rng.uniform(0.75, 1.05) * shade
    canvas.paint(eyes.almond, white)
    for part, opening in zip((Part.R_EYE, Part.L_EYE), eyes.opening, strict=True):
        canvas.mark(opening, part)
    almonds = canvas.stencil(eyes.almond)
    centres = joined(eyes.middle[:, 0] + gaze[0], gaze[1] - 0.015)[:, None]
    size = rng.uniform(0.85, 1.1)

    def discs(radius, dx=0.0, dy=0.0):
        return head.draw(circle(20) * radius + centres + (dx, dy))

    canvas.paint(discs(0.098 * size), iris * 0.4, clip=almonds)
    canvas.paint(discs(0.082 * size), iris * shade, clip=almonds, soften=0.012 * unit)
    bright = np.clip(iris * 1.6, 0, 1)
    canvas.paint(discs(0.05, 0, 0.04), bright, clip=almonds, soften=0.03 * unit, opacity=0.6)
    canvas.paint(discs(rng.uniform(0.028, 0.05)), (0.02, 0.02, 0.02), clip=almonds)
    canvas.tint(ribbon(eyes.upper, 0.07 * unit), (0.62, 0.57, 0.57), clip=almonds, soften=0.016 * unit)
    corners = ribbon(eyes.corner(), 0.04 * unit)
    canvas.paint(corners, (0.70, 0.42, 0.40), clip=almonds, soften=0.01 * unit, opacity=0.7)
    if rng.random() < 0.85:
        glint = np.sign(person.light[0]) * rng.uniform(0.0, 0.05)
        canvas.paint(discs(rng.uniform(0.012, 0.03), glint, -0.04), (1, 1, 1), clip=almonds)


def paint_brows(
    canvas: Canvas, head: Head, person: Person, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle line of the brow at the image's left and of the one at its right."""
    thickness = rng.normal(0.095 if person.feminine else 0.125, 0.02)
    thickness = float(np.clip(thickness, 0.06, 0.18))
    height = rng.normal(-0.23 if person.feminine else -0.2, 0.03)
    arch = rng.uniform(0.03, 0.15)
    inner = rng.uniform(0.15, 0.22)
    frown = rng.normal(0.02, 0.03)
    colour = np.clip(person.hair * 0.55, 0.03, 0.5)
    density = rng.uniform(0.6, 0.95)
    t = np.linspace(0, 1, 14)
    y = height + frown * (1 - t) - arch * np.sin(np.pi * np.minimum(t * 0.8, 1)) + 0.03 * t**3
    spines = np.stack(np.broadcast_arrays(SIDES * (inner + (0.74 - inner) * t), y), -1)
    brows = head.draw(ribbon(spines, np.array((0.75, 1.0, 0.95, 0.7, 0.15)) * thickness), 0.03)
    opacity, soften = density * rng.uniform(0.45, 0.75), 0.011 * head.scale
    # people who label brows draw around the hairs at their edges
    around = head.draw(ribbon(spines, np.array((0.85, 1.2, 1.2, 0.9, 0.4)) * thickness), 0.03)
    canvas.paint(brows, colour, opacity=opacity, soften=soften)
    for part, outline in zip((Part.R_BROW, Part.L_BROW), around, strict=True):
        canvas.mark(outline, part)
    _paint_brow_hairs(canvas, head, spines, thickness, colour, density, rng)
    left, right = head.draw(spines, 0.03)
    return left[::-1], right


def _paint_brow_hairs(canvas, head, spines, thickness, colour, density, rng) -> None:
    count = 26
    roots = np.concatenate([spine[rng.integers(0, len(spine) - 1, count)] for spine in spines])
    roots[:, 1] += rng.uniform(-0.35, 0.4, 2 * count) * thickness
    reach = joined(rng.uniform(0.03, 0.075, 2 * count), rng.uniform(-0.05, 0.01, 2 * count))
    reach[:count, 0] *= -1
    hairs = strokes(roots, roots + reach, 0.014)
    canvas.paint(head.draw(hairs, 0.03), colour * 0.5, opacity=density * 0.8)
