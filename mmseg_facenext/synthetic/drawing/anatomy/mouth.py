"""Lips, teeth and tongue."""

from __future__ import annotations

import numpy as np

from ..painting.canvas import Canvas, Part
from ..painting.curves import ellipse, joined, ribbon
from ..person import Person
from .head import Head


def paint_mouth(canvas: Canvas, head: Head, person: Person, rng: np.random.Generator) -> np.ndarray:
    """Return four lines of 17 points from left to right: outer and inner edge of the upper lip, inner and outer
    edge of the lower one."""
    unit = head.scale
    smile = rng.uniform(-0.25, 1.1)
    wide = rng.normal(0.35, 0.03) + 0.09 * max(smile, 0)
    gap = rng.choice([0.0, rng.uniform(0.045, 0.12), rng.uniform(0.1, 0.32)], p=[0.3, 0.45, 0.25])
    if gap and rng.random() < 0.75:
        smile = max(smile, 0.55)
    full = rng.uniform(0.5, 1.3) * (1.1 if person.feminine else 0.9) * (1 - 0.2 * max(smile, 0))
    curl = rng.uniform(0.08, 0.2)
    y0, skew, drop = rng.normal(0.99, 0.025), rng.normal(0, 0.02), rng.uniform(0.5, 0.9)
    t = np.linspace(-1, 1, 17)
    x = wide * t
    bend = y0 - curl * smile * t**2 + 0.2 * curl * smile + skew * t
    arch = (1 - t**2).clip(0)
    open_ = (1 - (t / rng.uniform(0.65, 0.92)) ** 2).clip(0)  # the lips touch near the corners
    bow = 0.125 * full * arch**0.7 - 0.02 * np.exp(-((t / 0.12) ** 2)) * full
    upper_inner = bend - (1 - drop) * gap * open_
    lower_inner = bend + drop * gap * open_
    upper_outer = np.minimum(upper_inner - bow * (1 - 0.5 * gap), upper_inner)
    lower_outer = lower_inner + 0.215 * full * arch**0.75
    lift = 0.10 * arch

    def at(y):
        return head.draw(joined(x, y), lift)

    rows = [at(y) for y in (upper_outer, upper_inner, lower_inner, lower_outer)]
    below = at(lower_outer + 0.06)
    shade = 1 - rng.uniform(0.5, 1.9) * np.array((0.2, 0.26, 0.28))
    canvas.tint(ribbon(below[4:-4], rng.uniform(0.04, 0.09) * unit), shade, soften=0.03 * unit)
    red = 1 - rng.uniform(0.3, 1.1) * np.array((0.03, 0.34, 0.28)) * rng.normal(1, 0.08, 3)
    if person.makeup > 0.25:
        red = red * (1 - person.makeup * rng.uniform((0, 0.15, 0.1), (0.22, 0.75, 0.65)))
    upper = np.concatenate([rows[0], rows[1][::-1]])
    lower = np.concatenate([rows[2], rows[3][::-1]])
    if person.beard:  # no hair grows on lips
        bare = person.skin * (0.55 + 0.35 * person.ambient)
        canvas.paint([upper, lower], bare, opacity=0.85, soften=0.008 * unit)
    canvas.tint(upper, red * rng.uniform(0.82, 0.98), Part.U_LIP, soften=0.006 * unit)
    canvas.tint(lower, red * rng.uniform(1.0, 1.15), Part.L_LIP, soften=0.006 * unit)
    start, end = sorted(rng.integers(3, 15, 2) + (0, 2))
    shine = at(lower_inner + rng.uniform(0.04, 0.1) * full * arch)[start : end + 2]
    bright, glow = (
        np.clip(person.skin * 1.25 + 0.1, 0, 1),
        min(rng.uniform(0.2, 0.7) + 0.4 * person.makeup, 0.95),
    )
    canvas.paint(
        ribbon(shine, (0, rng.uniform(0.03, 0.09) * unit, 0)), bright, soften=0.012 * unit, opacity=glow
    )
    if gap:
        inside = np.flatnonzero(open_)
        _paint_mouth_inside(
            canvas,
            head,
            np.concatenate([rows[1][inside], rows[2][inside][::-1]]),
            at,
            upper_inner,
            open_,
            gap,
            rng,
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
    opening = canvas.stencil(opening)
    tongue = at(upper_inner + gap * arch * 1.0)
    canvas.paint(
        ribbon(tongue[3:-3], 0.14 * gap / 0.2 * unit),
        (0.62, 0.30, 0.29),
        clip=opening,
        soften=0.015 * unit,
        opacity=0.8,
    )
    if rng.random() < 0.9:
        depth = gap if gap < 0.15 and rng.random() < 0.5 else min(gap, rng.uniform(0.06, 0.12))
        edge = at(upper_inner + depth * arch**0.4)[1:-1]
        row = np.concatenate([at(upper_inner)[1:-1], edge[::-1]])
        white = np.array((0.92, 0.90, 0.85)) * rng.uniform(0.8, 1.06)
        canvas.paint(row, white, clip=opening, soften=0.005 * unit)
        top, bottom = at(upper_inner), at(upper_inner + depth * arch**0.4)
        gaps = [ribbon([top[i], bottom[i]], 0.008 * unit) for i in range(3, 14, 2)]
        canvas.tint(gaps, np.full(3, rng.uniform(0.6, 1.0)), clip=opening, soften=0.004 * unit)
        if rng.random() < 0.25:  # gums
            gums = ribbon(at(upper_inner + 0.01 * arch), rng.uniform(0.02, 0.05) * unit)
            canvas.paint(gums, (0.75, 0.42, 0.42), clip=opening, soften=0.008 * unit, opacity=0.8)
        if gap > 0.15 and rng.random() < 0.4:
            top, bottom = at(upper_inner + gap * arch - 0.05 * arch**0.4), at(upper_inner + gap * arch)
            canvas.paint(
                np.concatenate([top[3:-3], bottom[3:-3][::-1]]),
                white * 0.85,
                clip=opening,
                soften=0.006 * unit,
            )
    canvas.tint(ribbon(at(upper_inner), 0.05 * unit), (0.55, 0.5, 0.5), clip=opening, soften=0.02 * unit)
