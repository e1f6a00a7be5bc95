"""Hair: a mass behind the head, a cap with a hairline in front, locks over ears and forehead."""

from __future__ import annotations

import numpy as np

from ..painting.canvas import Canvas, Part
from ..painting.curves import curve, joined, moved, steps, strokes
from ..person import Person
from .hair_texture import HairTexture, locks
from .head import Head

VOLUME = {'bald': 0.0, 'buzz': 0.03, 'short': 0.2, 'curly': 0.4, 'bob': 0.32, 'long': 0.36, 'up': 0.12}
FALLING = ('bob', 'long')
SHADES = (0.72, 1.0, 1.25)  # of locks
ROUGHNESS = {'curly': 0.02, 'short': 0.02, 'bob': 0.01, 'long': 0.014}


class Hair:
    """One haircut; paints itself in two steps, behind and in front of the face."""

    def __init__(self, head: Head, person: Person, rng: np.random.Generator):
        self.head, self.person, self.rng = head, person, rng
        style = self.style = person.hair_style
        self.curly = style == 'curly' or (style in FALLING and rng.random() < 0.15)
        self.volume = VOLUME[style] * rng.uniform(0.5, 1.9) * (0.5 if person.hat else 1.0)
        self.part = rng.uniform(-0.65, 0.65) if style != 'up' else 0.0
        self.wave = rng.choice((0.02, rng.uniform(0, 0.14))) if not self.curly else 0.12
        recede = 0.0 if person.feminine else 0.3 * max(0.0, person.age - 0.3)
        self.hairline = float(np.clip(rng.normal(-0.95, 0.1), -1.2, -0.72)) - recede
        self.peak, self.recede = rng.normal(0, 0.06), rng.uniform(0, 0.5) * recede
        falls = style in FALLING and person.hat != 'scarf'
        self.covers_ear = {side: falls and rng.random() < 0.7 for side in (-1, 1)}
        self.fringe = style in ('short', 'bob', 'long', 'curly') and rng.random() < 0.4
        self.length = {'bob': rng.uniform(0.5, 1.6), 'long': rng.uniform(1.7, 4.0)}.get(style, 0.35)
        self.swell = rng.uniform(0.05, 0.7, 2)  # of the mane at the left and at the right
        self.tousle = rng.uniform(0.2, 1.0) ** 2
        self.soft = rng.uniform(0.008, 0.045)
        # a skull is deeper than wide: turned, it shows more of itself behind the face
        behind = 0.5 * np.sin(head.yaw)
        self.middle = float(head.axis - behind / 2)
        self.reach = float(1.02 + abs(behind) / 2 + 0.6 * self.volume)
        over = style in ('short', 'curly', *FALLING) and rng.random() < 0.5
        self.ear_line = (
            rng.uniform(0.0, 0.45) if over else rng.uniform(-0.2, -0.1)
        )  # hair ends here at the ears
        self.tips = rng.normal(0, 0.05, 9)
        self.curls = rng.uniform(9, 18)
        self.bumps = [(k, rng.normal(), rng.uniform(0, 6.3)) for k in (3, 5, 9, 14, 23)]
        self.texture = HairTexture(head, person, rng, self.middle, self.part, self.wave, self.curly)

    def paint_back(self, canvas: Canvas) -> None:
        if self.style == 'bald':
            return
        head, unit = self.head, self.head.scale
        shape = self._mane() if self.style in FALLING else self._nape()
        outline = head.place(shape)
        around = (moved(outline, shift * unit, shift * unit) for shift in (-0.5, 0.5))  # tufts stand out
        self.look = canvas.render(self.texture, list(around))
        if self.person.hat == 'scarf':
            return
        if self.person.backlit:
            rim = np.clip(self.person.hair * 1.5 + 0.35, 0, 1)
            canvas.paint(outline, rim, soften=0.05 * unit, opacity=0.7)
        canvas.paint(outline, self.look, Part.HAIR, soften=self.soft * unit)
        if self.style in FALLING:
            self._paint_locks(canvas, 26)
        elif self.style != 'buzz' and not self.person.hat:
            self._paint_tufts(canvas)
        darker = moved(shape * (0.85, 1), 0.15 * self.middle, 0.3)
        canvas.tint(head.place(darker), (0.5, 0.5, 0.52), soften=0.18 * unit, clip=outline)
        if self.style == 'up' and not self.person.hat:
            angle = np.linspace(0, 2 * np.pi, 20)
            bun = joined(0.42 * np.cos(angle), 0.36 * np.sin(angle))
            bun = moved(bun, self.middle + self.peak, -1.62 - self.volume)
            canvas.paint(head.place(bun), self.look, Part.HAIR, soften=self.soft * unit)

    def paint_front(self, canvas: Canvas) -> None:
        if self.style == 'bald':
            return
        head, unit = self.head, self.head.scale
        left, right = head.edges(np.array([-0.14]))
        ear = 0.965 * np.cos(head.yaw)  # of the near side; the far one is behind the silhouette
        left_end = left[0] if head.yaw < 0 else head.axis - ear
        right_end = right[0] if head.yaw > 0 else head.axis + ear
        front = np.concatenate(
            [self._dome(), [(right_end, self.ear_line)], self._hairline(), [(left_end, self.ear_line)]]
        )
        shadow = head.place(moved(front, -0.06 * self.person.light[0], 0.06))
        canvas.tint(shadow, (0.7, 0.63, 0.61), soften=0.06 * unit, clip=head.place(head.silhouette()))
        soft = 0.05 if self.style == 'buzz' else self.soft
        opacity = 0.75 if self.style == 'buzz' else 1.0
        canvas.paint(head.place(front), self.look, Part.HAIR, soften=soft * unit, opacity=opacity)
        if self.fringe:
            self._paint_fringe(canvas)
        for side in (-1, 1):
            if self.covers_ear[side] and side * head.yaw < 0.45:  # else it hangs behind the face
                self._paint_curtain(canvas, side)
        self._paint_stray_hairs(canvas)

    def _dome(self, count: int = 120) -> np.ndarray:
        """Arc over the skull from the left of the picture to the right, ear to ear, view coordinates."""
        angle = np.linspace(0, np.pi, count)
        bumps = 1 + ROUGHNESS.get(self.style, 0.004) * np.sum(
            [a * np.sin(k * angle + p) for k, a, p in self.bumps], axis=0
        )
        if self.curly:
            bumps += 0.05 * np.abs(np.sin(self.curls * angle + self.part))
        ry = 0.95 if self.person.hat else 1.29 + self.volume
        x = self.middle - self.reach * np.cos(angle) * bumps
        y = (-0.3 - ry * np.sin(angle) ** 0.75 * bumps - 0.4 * self.head.pitch) * self.head.length
        return joined(x, y)

    def _nape(self) -> np.ndarray:
        """Return the silhouette of hair that ends behind the ears."""
        side = np.array([(self.reach - 0.03, -0.05), (self.reach - 0.1, 0.25), (0.8, 0.6)])
        right, left = moved(side, self.middle, 0), moved(side * (-1, 1), self.middle, 0)
        return np.concatenate([self._dome(), curve(right, 4), curve(left[::-1], 4)])

    def _hairline(self) -> np.ndarray:
        """Right to left along the forehead, view coordinates."""
        h, recede = self.hairline, self.recede
        points = [
            (0.985, 0.22),
            (0.94, 0.1),
            (0.93, -0.25),
            (0.87, -0.5),
            (0.74, h + 0.24 - recede),
            (0.45, h + 0.03 - 1.3 * recede),
            (0.2, h - self.peak),
            (0.0, h + 2 * self.peak),
            (-0.2, h - self.peak),
            (-0.45, h + 0.03 - 1.3 * recede),
            (-0.74, h + 0.24 - recede),
            (-0.87, -0.5),
            (-0.93, -0.25),
            (-0.94, 0.1),
            (-0.985, 0.22),
        ]
        line = curve(points, 4)
        if self.style in ('short', *FALLING):  # where it is parted, the forehead reaches higher
            line[:, 1] -= 0.13 * np.exp(-(((line[:, 0] - self.part) / 0.3) ** 2))
        return self.head.on_face(line)

    def _edge(self, side: int, t: np.ndarray) -> np.ndarray:
        """Half width of the mane, from the ears (t = 0) to the tips (1)."""
        swell = self.swell[(side + 1) // 2]
        rise = 0.5 * swell * np.sin(2.2 * t) if self.style == 'bob' else swell * np.sin(1.7 * t)
        return self.reach + rise + self.wave * np.sin(9 * t + side * self.part) * t

    def _mane(self) -> np.ndarray:
        """Long hair's whole silhouette."""
        t = np.linspace(0.04, 1, 9)
        y = -0.3 + t * (self.length + 0.3)
        right = joined(self.middle + self._edge(1, t), y)
        left = joined(self.middle - self._edge(-1, t), y)
        return np.concatenate([self._dome(), right, self._ends(right[-1], left[-1]), left[::-1]])

    def _ends(self, start, end, count: int = 9) -> np.ndarray:
        """Uneven tips of hair from one corner to another, rounded below."""
        t = np.linspace(0, 1, count + 2)[1:-1, None]
        line = np.asarray(start) + t * (np.asarray(end) - np.asarray(start))
        line[:, 1] += 0.12 * np.sin(np.pi * t[:, 0]) ** 0.5 + self.tips[:count]
        return line

    def _paint_locks(self, canvas: Canvas, count: int) -> None:
        """Locks that fall along the mane, some of them out of it."""
        rng = self.rng
        side = rng.choice((-1, 1), count)
        out = rng.uniform(0.75, 1.0 + 0.09 * self.tousle, count)
        swell = np.where(side > 0, self.swell[1], self.swell[0]) * (0.5 if self.style == 'bob' else 1)
        end = self.length * rng.uniform(0.75, 1.08, count)
        curl = rng.normal(0, 0.14 * self.tousle + 0.03, count)
        top = 1.29 + self.volume if not self.person.hat else 0.95
        knots = [
            (self.middle + side * out * self.reach * 0.6, -0.3 - 0.8 * top * out),
            (self.middle + side * out * self.reach, -0.3 + 0 * out),
            (self.middle + side * out * (self.reach + 0.8 * swell), 0.5 * end),
            (self.middle + side * out * (self.reach + swell) + curl, end),
        ]
        paths = curve(np.array(knots).transpose(0, 2, 1).reshape(4, -1), 5).reshape(-1, count, 2)
        paths[..., 0] += self.wave * np.sin(5 * paths[..., 1] + 6 * out) * 0.7
        profile = np.interp(steps(len(paths)), (0, 0.4, 0.8, 1), (0.6, 1, 0.8, 0.1))
        self._paint_shapes(canvas, locks(paths, rng.uniform(0.05, 0.2, count), profile))

    def _paint_shapes(self, canvas: Canvas, shapes: np.ndarray, soften: float = 0.012) -> None:
        """Locks (N, points, 2) in view coordinates, in three shades of the hair."""
        placed = self.head.place(shapes)
        canvas.paint_shades(placed, self.look, SHADES, Part.HAIR, soften * self.head.scale)

    def _paint_tufts(self, canvas: Canvas) -> None:
        """Short tufts that stand out of the outline."""
        rng, dome, count = self.rng, self._dome(), 30
        at = rng.integers(8, 112, count)
        root, centre = dome[at], np.array((self.middle, -0.3))
        out = (root - centre) * (rng.uniform(0.02, 0.2, (count, 1)) * self.tousle)
        along = (dome[at + 6] - dome[at - 6]) * rng.normal(0.2 * np.sign(self.part), 0.8, (count, 1))
        paths = np.stack([root - 0.12 * (root - centre), root + 0.4 * out, root + out + along])
        paths = curve(paths.reshape(3, -1), 4).reshape(-1, count, 2)
        profile = np.interp(steps(len(paths)), (0, 0.5, 1), (1, 0.8, 0.05))
        self._paint_shapes(canvas, locks(paths, rng.uniform(0.08, 0.26, count), profile))

    def _paint_curtain(self, canvas: Canvas, side: int) -> None:
        """Hair that falls in front of an ear and over the shoulder."""
        head, rng = self.head, self.rng
        inner = rng.uniform(0.72, 1.02)
        start = [(side * 0.55, self.hairline + 0.1), (side * min(inner, 0.87), -0.45), (side * inner, 0.1)]
        top = head.on_face(start)
        top[2, 0] += side * max(0.0, inner - 0.93)
        cheek = 0.7 * head.axis + 0.3 * self.middle + side * rng.uniform(0.78, 1.05)
        end = self.length + rng.uniform(-0.15, 0.1)
        curl = side * rng.uniform(-0.25, 0.3)
        inner_edge = curve([*top, (cheek, min(0.9, 0.6 * end)), (cheek + curl, 0.95 * end)], 6)
        inner_edge[6:, 0] += 0.6 * self.wave * np.sin(5 * inner_edge[6:, 1])
        t = np.array((0.95, 0.6, 0.25))
        outer = [*zip(self._edge(side, t), t * end, strict=True), (self.reach - 0.02, -0.4), (0.86, -0.9)]
        outer_edge = curve(moved(np.array(outer) * (side, 1), self.middle, 0), 6)
        ends = self._ends(inner_edge[-1], outer_edge[0], 5)
        shape = np.concatenate([inner_edge, ends, outer_edge])
        unit = head.scale
        shadow = head.place(moved(shape, -0.05 * side, 0.04))
        canvas.tint(shadow, (0.66, 0.6, 0.58), soften=0.07 * unit)
        canvas.paint(head.place(shape), self.look, Part.HAIR, soften=0.6 * self.soft * unit)
        self._paint_edge_locks(canvas, inner_edge, side)

    def _paint_edge_locks(self, canvas: Canvas, edge: np.ndarray, side: int) -> None:
        """Locks along the inner edge of a curtain."""
        rng, count = self.rng, 9
        start = rng.uniform(0.05, 0.5, count)
        stop = start + rng.uniform(0.3, 0.6, count)
        t = start + steps(10)[:, None] * (stop - start)
        along = steps(len(edge))
        paths = np.stack([np.interp(t, along, edge[:, 0]), np.interp(t, along, edge[:, 1])], -1)
        sway = rng.normal(0.02, 0.05, count) + rng.normal(0, 0.08 * self.tousle, count) * steps(10)[:, None]
        paths[..., 0] += side * sway
        profile = np.interp(steps(10), (0, 0.5, 1), (0.2, 1, 0.1))
        self._paint_shapes(canvas, locks(paths, rng.uniform(0.03, 0.12, count), profile))

    def _paint_fringe(self, canvas: Canvas) -> None:
        """Locks over the forehead, straight down or swept to a side."""
        head, rng = self.head, self.rng
        depth = rng.uniform(-0.75, -0.2)
        sweep = rng.normal(0, 0.3)
        count = int(rng.integers(7, 26))
        low, high = (-0.85, 0.85) if rng.random() < 0.6 else sorted((self.part, float(np.sign(sweep)) * 0.85))
        x = np.linspace(low, high, count) + rng.normal(0, 0.04, count)
        end = depth + rng.normal(0, 0.03 + 0.1 * self.tousle, count) + 0.12 * np.abs(x) - 0.3 * abs(sweep)
        if low > -0.85 or high < 0.85:  # a side fringe hangs lower where it is farther from the parting
            end += 0.35 * np.abs(x - self.part) - 0.1
        top = min(self.hairline - 0.2, depth - 0.3)
        knots = [
            (0.85 * x - 0.3 * sweep, top + 0 * x),
            (x, 0.55 * top + 0.45 * end),
            (x + sweep * 0.5, end),
        ]
        paths = curve(np.array(knots).transpose(0, 2, 1).reshape(3, -1), 5).reshape(-1, count, 2)
        width = rng.uniform(0.8, 1.7) * (high - low) / count + 0.04
        profile = np.interp(steps(len(paths)), (0, 0.6, 0.85, 1), (1, 0.95, 0.6, 0.05))
        shapes = locks(paths, width * rng.uniform(0.7, 1.4, count), profile)
        on_head = head.on_face(shapes, 0.06)
        shadow = head.place(moved(on_head, 0, 0.06))
        canvas.tint(shadow, (0.70, 0.63, 0.61), soften=0.05 * head.scale)
        self._paint_shapes(canvas, on_head, 0.006)

    def _paint_stray_hairs(self, canvas: Canvas) -> None:
        """Single hairs that leave the outline at a flat angle."""
        if self.style == 'buzz' or self.person.hat:
            return
        rng, dome = self.rng, self._dome()
        at = rng.integers(12, 108, 24)
        along = dome[at + rng.choice((-9, 9), 24)] - dome[at]
        out = (dome[at] - (self.middle, -0.3)) * rng.uniform(0.02, 0.08, (24, 1))
        hairs = strokes(dome[at], dome[at] + along + out, 0.013)
        placed = self.head.place(hairs)
        bright = 0.8 if self.person.backlit else rng.uniform(0.0, 0.3)
        canvas.paint(placed, self.person.hair * (1 - bright) + bright, opacity=rng.uniform(0.3, 0.7))
