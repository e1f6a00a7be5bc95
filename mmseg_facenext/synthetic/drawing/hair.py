"""Hair: a mass behind the head, a cap with a hairline in front, locks over ears and forehead."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Part, Texture
from .curves import Noise, Strands, curve, moved, strokes
from .head import Head
from .person import Person


class Hair:
    """One haircut; paints itself in two steps, behind and in front of the face."""

    def __init__(self, head: Head, person: Person, rng: np.random.Generator):
        self.head, self.person, self.rng = head, person, rng
        style = self.style = person.hair_style
        volume = {
            'bald': 0.0,
            'buzz': 0.03,
            'short': 0.16,
            'curly': 0.32,
            'bob': 0.22,
            'long': 0.20,
            'up': 0.10,
        }[style]
        self.volume = volume * rng.uniform(0.75, 1.35) * (0.45 if person.hat else 1.0)
        self.part = rng.uniform(-0.6, 0.6) if style != 'up' else 0.0
        self.wave = rng.uniform(0, 0.07) if style != 'curly' else 0.12
        self.hairline = rng.normal(-0.92, 0.07) - (0.15 * person.age if not person.feminine else 0)
        falls = style in ('long', 'bob') and person.hat != 'scarf'
        self.covers_ear = {side: falls and rng.random() < 0.75 for side in (-1, 1)}
        self.fringe = style in ('short', 'bob', 'long', 'curly') and rng.random() < 0.3
        self.length = {'bob': rng.uniform(0.5, 1.5), 'long': rng.uniform(1.9, 4.0)}.get(style, 0.35)
        # a skull is deeper than wide: turned, it shows more of itself behind the face
        behind = 0.3 * np.sin(head.yaw)
        self.middle = float(head.axis - behind / 2)
        self.reach = float(1.02 + abs(behind) / 2 + 0.8 * self.volume)
        self.tips = rng.normal(0, 0.05, 9)
        self.curls = rng.uniform(9, 18)
        self.bumps = [(k, rng.normal(), rng.uniform(0, 6.3)) for k in (3, 5, 9, 14, 23)]
        self.texture = self._texture()

    def paint_back(self, canvas: Canvas) -> None:
        if self.style == 'bald' or self.person.hat == 'scarf':
            return
        shape = self._mane() if self.style in ('bob', 'long') else self._nape()
        edge = 0.02 * self.head.scale
        canvas.paint(self.head.place(shape), self.texture, Part.HAIR, soften=edge)
        darker = moved(shape * (0.9, 1), 0.1 * self.middle, 0.25)
        canvas.tint(
            self.head.place(darker),
            (0.55, 0.55, 0.57),
            soften=0.15 * self.head.scale,
            clip=self.head.place(shape),
        )
        if self.style == 'up' and not self.person.hat:
            angle = np.linspace(0, 2 * np.pi, 20)
            bun = np.stack([0.42 * np.cos(angle), 0.36 * np.sin(angle)], 1)
            bun = moved(bun, self.middle + 0.1, -1.62 - self.volume)
            canvas.paint(self.head.place(bun), self.texture, Part.HAIR, soften=edge)

    def paint_front(self, canvas: Canvas) -> None:
        if self.style == 'bald':
            return
        head, unit = self.head, self.head.scale
        left, right = head.edges(np.array([-0.14]))
        ear = 0.965 * np.cos(head.yaw)  # of the near side; the far one is behind the silhouette
        left_end = left[0] if head.yaw < 0 else head.axis - ear
        right_end = right[0] if head.yaw > 0 else head.axis + ear
        front = np.concatenate([self._dome(), [(right_end, -0.14)], self._hairline(), [(left_end, -0.14)]])
        shadow = head.place(moved(front, -0.05 * self.person.light[0], 0.07))
        canvas.tint(shadow, (0.72, 0.66, 0.64), soften=0.05 * unit, clip=head.place(head.silhouette()))
        soft = 0.035 if self.style == 'buzz' else 0.02
        opacity = 0.8 if self.style == 'buzz' else 1.0
        canvas.paint(head.place(front), self.texture, Part.HAIR, soften=soft * unit, opacity=opacity)
        if self.fringe:
            self._paint_fringe(canvas)
        for side in (-1, 1):
            if self.covers_ear[side]:
                self._paint_curtain(canvas, side)
        self._paint_stray_hairs(canvas)

    def _dome(self, count: int = 120) -> np.ndarray:
        """Arc over the skull from the left of the picture to the right, ear to ear, view coordinates."""
        rough = {'curly': 0.02, 'short': 0.02, 'bob': 0.008, 'long': 0.012}.get(self.style, 0.004)
        angle = np.linspace(0, np.pi, count)
        bumps = 1 + rough * np.sum([a * np.sin(k * angle + p) for k, a, p in self.bumps], axis=0)
        if self.style == 'curly':
            bumps += 0.06 * np.abs(np.sin(self.curls * angle + self.part))
        ry = 0.95 if self.person.hat else 1.29 + self.volume
        x = self.middle - self.reach * np.cos(angle) * bumps
        y = (-0.3 - ry * np.sin(angle) ** 0.75 * bumps - 0.4 * self.head.pitch) * self.head.length
        return np.stack([x, y], 1)

    def _nape(self) -> np.ndarray:
        """The silhouette of hair that ends behind the ears."""
        side = np.array([(self.reach - 0.03, -0.05), (self.reach - 0.1, 0.25), (0.8, 0.6)])
        right, left = moved(side, self.middle, 0), moved(side * (-1, 1), self.middle, 0)
        return np.concatenate([self._dome(), curve(right, 4), curve(left[::-1], 4)])

    def _hairline(self) -> np.ndarray:
        """Right to left along the forehead, view coordinates."""
        h, peak = self.hairline, 0.05 * self.part
        recede = 0.0 if self.person.feminine or self.fringe else 0.12 * self.person.age
        points = [
            (0.985, 0.22),
            (0.94, 0.1),
            (0.93, -0.25),
            (0.86, -0.5),
            (0.74, h + 0.22 - recede),
            (0.45, h + 0.02 - recede),
            (0.15, h + peak),
            (-0.15, h - peak),
            (-0.45, h + 0.02 - recede),
            (-0.74, h + 0.22 - recede),
            (-0.86, -0.5),
            (-0.93, -0.25),
            (-0.94, 0.1),
            (-0.985, 0.22),
        ]
        return self.head.on_face(curve(points, 4))[:, :2]

    def _mane(self) -> np.ndarray:
        """Long hair's whole silhouette."""
        t = np.linspace(0.04, 1, 9)
        y = -0.3 + t * (self.length + 0.3)
        if self.style == 'bob':
            swell = self.reach + 0.14 * np.sin(2.2 * t)
        else:
            swell = self.reach + 0.24 * np.sin(1.7 * t) + self.wave * np.sin(9 * t + self.part)
        right = np.stack([self.middle + swell, y], 1)
        left = np.stack([self.middle - swell * (1 + 0.06 * self.part), y], 1)
        return np.concatenate([self._dome(), right, self._ends(right[-1], left[-1]), left[::-1]])

    def _ends(self, start, end, count: int = 9) -> np.ndarray:
        """Uneven tips of hair from one corner to another, rounded below."""
        t = np.linspace(0, 1, count + 2)[1:-1, None]
        line = np.asarray(start) + t * (np.asarray(end) - np.asarray(start))
        line[:, 1] += 0.12 * np.sin(np.pi * t[:, 0]) ** 0.5 + self.tips[:count]
        return line

    def _paint_curtain(self, canvas: Canvas, side: int) -> None:
        """Hair that falls in front of an ear and over the shoulder."""
        head, rng = self.head, self.rng
        inner = rng.uniform(0.80, 0.93)
        start = [(side * 0.55, self.hairline + 0.1), (side * 0.84, -0.45), (side * inner, 0.1)]
        top = head.on_face(start)[:, :2]
        cheek = 0.7 * head.axis + 0.3 * self.middle + side * rng.uniform(0.82, 0.98)
        end = self.length + rng.uniform(-0.15, 0.1)
        curl = side * rng.uniform(-0.12, 0.15)
        inner_edge = curve([*top, (cheek, min(0.9, 0.6 * end)), (cheek + curl, 0.95 * end)], 6)
        reach = self.reach
        swell = 0.12 if self.style == 'bob' else 0.2
        outer = [
            (reach + swell - 0.04, 0.93 * end),
            (reach + swell, 0.6 * end),
            (reach + 0.3 * swell, 0.0),
            (reach - 0.02, -0.4),
            (0.86, -0.9),
        ]
        outer_edge = curve(moved(np.array(outer) * (side, 1), self.middle, 0), 6)
        ends = self._ends(inner_edge[-1], outer_edge[0], 5)
        shape = np.concatenate([inner_edge, ends, outer_edge])
        unit = head.scale
        shadow = head.place(moved(shape, -0.05 * side, 0.04))
        canvas.tint(shadow, (0.7, 0.64, 0.62), soften=0.06 * unit)
        canvas.paint(head.place(shape), self.texture, Part.HAIR, soften=0.015 * unit)

    def _paint_fringe(self, canvas: Canvas) -> None:
        head, rng = self.head, self.rng
        depth = rng.uniform(-0.62, -0.28)
        count = int(rng.integers(5, 9))
        x = np.linspace(-0.92, 0.92, count * 2 + 1)
        sweep = rng.normal(0, 0.12)
        y = (
            depth
            + sweep * x
            + np.where(np.arange(len(x)) % 2, 0.05, -0.06)
            + rng.normal(0, 0.025, len(x))
            + 0.12 * np.abs(x)
        )
        lower = np.stack([x, y], 1)
        upper = [(0.85, -1.0), (0.5, -1.3), (-0.5, -1.3), (-0.85, -1.0)]
        shape = head.on_face(np.concatenate([curve(lower, 4), upper]), 0.06)[:, :2]
        unit = head.scale
        canvas.tint(head.place(moved(shape, 0, 0.07)), (0.70, 0.63, 0.61), soften=0.05 * unit)
        canvas.paint(head.place(shape), self.texture, Part.HAIR, soften=0.008 * unit)

    def _paint_stray_hairs(self, canvas: Canvas) -> None:
        """Single hairs that leave the outline at a flat angle."""
        if self.style in ('buzz', 'curly'):
            return
        rng, dome = self.rng, self._dome()
        at = rng.integers(12, 108, 24)
        along = dome[at + rng.choice((-9, 9), 24)] - dome[at]
        out = (dome[at] - (self.middle, -0.3)) * rng.uniform(0.02, 0.06, (24, 1))
        hairs = strokes(dome[at], dome[at] + along + out, 0.013)
        placed = self.head.place(hairs.reshape(-1, 2)).reshape(hairs.shape)
        canvas.paint(list(placed), self.person.hair, opacity=0.45)

    def _texture(self) -> Texture:
        head, person, rng = self.head, self.person, self.rng
        strands = Strands(rng, rng.uniform(0.7, 1.3))
        noise = Noise(rng, 16, 2)
        colour = person.hair.astype(np.float32)
        shine = np.clip(colour * 1.5 + 0.12, 0, 1).astype(np.float32)
        gloss = np.float32(rng.uniform(0.15, 0.6))
        band = np.float32(rng.uniform(-1.25, -0.75))
        curly = self.style == 'curly'
        light_x = float(person.light[0])
        roots = np.float32(rng.uniform(0.75, 1.0))

        def texture(ux, uy):
            x, y = head.unplace(ux, uy)
            wobble = noise(x * 2, y * 2)
            if curly:
                grain = 0.5 + 0.35 * noise(x * 9 + wobble, y * 9)
            else:
                fall = np.clip((y + 1.75) / 1.6, 0.02, 1)
                spread = np.sqrt(1 - (1 - fall) ** 2)
                bend = self.wave * np.sin(y * 5 + 2 * wobble) + 0.02 * wobble
                grain = strands((x - self.middle - self.part * (1 - fall)) / spread + bend)
            light = 0.62 + 0.42 * grain
            side = np.clip((x - self.middle) * light_x, -1, 1)
            light *= (0.85 + 0.25 * side) * (0.75 + 0.35 * person.ambient)
            light *= roots + (1 - roots) * np.clip((y + 1.4) / 1.5, 0, 1.4)
            glow = np.exp(-(((y - band - 0.25 * x * x + 0.1 * wobble) / 0.2) ** 2)) * grain * gloss
            glow *= np.clip(0.6 + side, 0, 1)
            rgb = colour * light[..., None]
            return rgb + (shine - rgb) * np.clip(glow, 0, 1)[..., None]

        return texture
