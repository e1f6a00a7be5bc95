"""The head in space: where a point of the face lands in the picture, and how its skin is lit.

Face coordinates: origin between the eyes, x to the image's right, y down, z towards the camera; one
unit is half the width of the face. View coordinates are the same after turning (yaw) and nodding
(pitch); `Frame.place` takes them to the picture (roll, scale, position).
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import cv2
import numpy as np

from ..painting.canvas import Canvas, Part, Texture
from ..painting.curves import Noise, curve, joined
from ..person import Person

TABLE_START, TABLE_STEP = np.array((-1.3, -2.2), np.float32), 0.06
FRONT = 0.98  # how far the front of the face is before the ears
OUTLINE_Y = np.array(
    [-1.56, -1.52, -1.40, -1.15, -0.85, -0.45, 0, 0.4, 0.75, 1.0, 1.2, 1.4, 1.54, 1.61, 1.63]
)
OUTLINE_X = np.array([0, 0.28, 0.56, 0.80, 0.92, 0.98, 0.99, 0.95, 0.88, 0.785, 0.65, 0.45, 0.27, 0.11, 0])
# x, y, width, height, elevation of the gaussian hills that make a face out of an egg
RELIEF = (
    (0.00, 0.50, 0.13, 0.15, 0.24),
    (0.00, 0.14, 0.09, 0.30, 0.15),
    (0.17, 0.57, 0.07, 0.08, 0.09),
    (0.42, -0.03, 0.22, 0.15, -0.13),
    (0.44, -0.01, 0.15, 0.10, 0.07),
    (0.40, -0.30, 0.28, 0.08, 0.05),
    (0.58, 0.40, 0.24, 0.22, 0.06),
    (0.00, 0.96, 0.28, 0.18, 0.08),
    (0.00, 0.80, 0.05, 0.08, -0.03),
    (0.00, 1.20, 0.22, 0.06, -0.05),
    (0.00, 1.42, 0.18, 0.14, 0.09),
    (0.88, -0.40, 0.12, 0.28, -0.05),
)
# x, y, width, height, strength of where blood shows
BLUSH = (
    (0.55, 0.45, 0.22, 0.20, 0.9),
    (0.00, 0.52, 0.16, 0.12, 0.8),
    (0.44, 0.04, 0.26, 0.14, 0.35),
    (0.00, 0.98, 0.40, 0.20, 0.3),
    (0.00, 1.40, 0.20, 0.15, 0.3),
)
CHEEK_HAIRS = ((0.55, 1.12, 0.2, 0.26, 0.9), (0.8, 0.7, 0.12, 0.38, 0.8))
CHIN_HAIRS = ((0.0, 1.42, 0.36, 0.17, 1.2), (0.34, 1.2, 0.12, 0.18, 0.9))
LIP_HAIRS = ((0.0, 0.8, 0.28, 0.055, 1.2), (0.33, 0.92, 0.08, 0.12, 0.7))
SIDE_HAIRS = ((0.86, 0.45, 0.09, 0.3, 0.9),)
# x, y, width, height, density of the gaussian hills where hair grows, mirrored at x = 0
BEARDS = {
    'stubble': (*CHEEK_HAIRS, *CHIN_HAIRS, *LIP_HAIRS),
    'full': (*CHEEK_HAIRS, *CHIN_HAIRS, *LIP_HAIRS, *SIDE_HAIRS),
    'long': (*CHEEK_HAIRS, *CHIN_HAIRS, *LIP_HAIRS, *SIDE_HAIRS),
    'goatee': (*CHIN_HAIRS, *LIP_HAIRS),
    'moustache': LIP_HAIRS,
}


class Frame:
    """Similarity from view coordinates to the picture's unit coordinates."""

    def __init__(self, centre: np.ndarray, scale: float, roll: float):
        self.centre = centre
        self.roll = roll
        self.scale = scale
        cosine, sine = np.cos(roll), np.sin(roll)
        self.matrix = np.array([(cosine, sine), (-sine, cosine)]) * scale
        self.inverse = np.linalg.inv(self.matrix).astype(np.float32)

    def place(self, view) -> np.ndarray:
        """(..., 2 or more) view coordinates to (..., 2) unit coordinates."""
        return np.asarray(view)[..., :2] @ self.matrix + self.centre

    def unplace(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """View coordinates of unit coordinates, as float32 grids."""
        (a, c), (b, d) = self.inverse
        dx, dy = x - np.float32(self.centre[0]), y - np.float32(self.centre[1])
        return a * dx + b * dy, c * dx + d * dy


class Head(Frame):
    """A face of its own shape, turned by a person's pose."""

    def __init__(self, person: Person, rng: np.random.Generator):
        self.yaw, self.pitch = person.yaw, person.pitch
        self.axis = float(-0.6 * np.sin(person.yaw))  # crops are centred on the face, not the skull
        jaw = rng.normal(0.97 if person.feminine else 1.05, 0.08)
        self.length = rng.normal(1.0, 0.04)
        lower = np.interp(OUTLINE_Y, (0.2, 1.0, 1.5), (0, 1, 0.6))
        chin = 1 + rng.normal(0.1, 0.14) * np.interp(OUTLINE_Y, (1.2, 1.45), (0, 1))
        cheeks = 1 + rng.normal(0, 0.04) * np.exp(-(((OUTLINE_Y - 0.8) / 0.4) ** 2))
        self.outline_x = OUTLINE_X * (1 + (jaw - 1) * lower) * chin * cheeks * rng.normal(1, 0.035)
        self.eye_distance = rng.normal(0.445, 0.015)
        self.nose_width = rng.normal(0.95 if person.feminine else 1.08, 0.1)
        self.nose_length = rng.normal(1.0, 0.05)
        self.ear_flare = rng.uniform(0.18, 0.5)  # angle between an ear and the line of sight
        self.ear_size, self.ear_y = rng.normal(1.0, 0.1), rng.normal(0, 0.06)
        self.surface = self._surface_table()
        self.outwards = np.array((np.sin(self.yaw), self.pitch * np.cos(self.yaw) * self.length))
        eyes = self.on_face([(-self.eye_distance, 0), (self.eye_distance, 0)])
        mouth = self.on_face([(-0.38, 0.94), (0.38, 0.94)]).mean(0)
        super().__init__(*person.framing.place(eyes, mouth))

    def solid(self, xyz) -> np.ndarray:
        """(N, 3) face coordinates to (N, 3) view coordinates."""
        x, y, z = np.asarray(xyz, np.float64).T
        across = x * np.cos(self.yaw) + z * np.sin(self.yaw) + self.axis
        depth = z * np.cos(self.yaw) - x * np.sin(self.yaw)
        return np.stack([across, (y + self.pitch * (depth - 0.7)) * self.length, depth], 1)

    def on_face(self, xy, lift=0.0) -> np.ndarray:
        """(..., 2) points of the face's surface, raised by `lift`, to (..., 2) view coordinates.

        What is behind the horizon of a turned face is moved to it.
        """
        points = np.asarray(xy, np.float32)
        at = (points - TABLE_START) * np.float32(1 / TABLE_STEP)
        at = at.reshape(-1, 1, 2)
        found = cv2.remap(self.surface, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        found = found.reshape(points.shape)
        if isinstance(lift, float | int):
            return found + self.outwards * lift if lift else found
        return found + lift[..., None] * self.outwards

    def _surface_table(self) -> np.ndarray:
        """View coordinates of the points of the face's surface on a grid, float32 (rows, columns, 2)."""
        across, down = (np.arange(low, -low, TABLE_STEP) for low in TABLE_START)
        x, y = (grid.ravel() for grid in np.meshgrid(across, down))
        half, back, depth = self.slice(y)
        horizon = np.pi / 2 - np.arctan2(depth * abs(np.sin(self.yaw)), half * np.cos(self.yaw))
        t = np.arcsin(np.clip(x / half, -1, 1))
        t = np.minimum(t, horizon) if self.yaw > 0 else np.maximum(t, -horizon)
        view = self.solid(np.stack([half * np.sin(t), y, back + depth * np.cos(t)], 1))
        return view[:, :2].reshape(len(down), len(across), 2).astype(np.float32)

    def draw(self, xy, lift=0.0) -> np.ndarray:
        """(..., 2) points of the face's surface to the picture."""
        return self.place(self.on_face(xy, lift))

    def slice(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the half ellipse of a horizontal slice of the face: half width, where it begins, depth.

        It begins (z) at the ears, and below them at the jaw bone.
        """
        half = np.maximum(np.interp(y, OUTLINE_Y, self.outline_x), 0.02)
        back = np.interp(y, (0.6, 1.0, 1.3, 1.5, 1.63), (0, 0.12, 0.38, 0.66, 0.90))
        front = half + (FRONT - half) * np.interp(y, (-0.6, 0.2), (0, 1))
        return half, back, np.maximum(front - back, 0.02)

    def edges(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Left and right edge of the head at the heights y, view coordinates.

        Turned, the far side shows the front of the slices and the near side the jaw bone.
        """
        half, back, depth = self.slice(y)
        sine, cosine = abs(np.sin(self.yaw)), np.cos(self.yaw)
        far = back * sine + np.hypot(half * cosine, depth * sine)
        near = back * sine - half * (1 + (cosine - 1) * np.interp(y, (0.2, 0.9), (0, 1)))
        sides = (near, far) if self.yaw > 0 else (-far, -near)
        return sides[0] + self.axis, sides[1] + self.axis

    def silhouette(self) -> np.ndarray:
        """Outline of skull and jaw in view coordinates."""
        return self._silhouette

    @cached_property
    def _silhouette(self) -> np.ndarray:
        left_x, right_x = self.edges(OUTLINE_Y)
        pitch = self.pitch * (np.interp(OUTLINE_Y, (0.3, 1.6), (0, 1)) - 0.4)
        y = (OUTLINE_Y + pitch) * self.length
        right = joined(right_x, y)
        left = joined(left_x, y)[-2:0:-1]
        return curve(np.concatenate([right, left]), 5, closed=True)

    def jaw(self) -> np.ndarray:
        """Return the edge of the face from the eyes at the image's left around the chin to those at its right."""
        outline = self.silhouette()
        below = outline[outline[:, 1] > 0]
        # The silhouette runs down the right side and up the left one.
        return self.place(below[::-1])

    def paint_skin(self, canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
        canvas.paint(self.place(self.silhouette()), self._skin_texture(person, rng), Part.SKIN)

    def _skin_texture(self, person: Person, rng: np.random.Generator) -> Texture:
        step = 0.033
        x, y = np.meshgrid(
            np.arange(-1.5, 1.5, step, dtype=np.float32),
            np.arange(-2.1, 2.1, step, dtype=np.float32),
        )
        rows = y[:, 0] / self.length
        left, right = self.edges(rows)
        centre = ((left + right) / 2).astype(np.float32)[:, None]
        half = np.maximum((right - left) / 2, 0.02).astype(np.float32)[:, None]
        base = np.sqrt(np.maximum(half**2 - 0.9 * (x - centre) ** 2, 0.0025))
        face_x, face_y = self._unturn(x, y)
        hills = _table(tuple(_scaled(RELIEF, self)))
        relief = _layer(hills, face_x, face_y)
        # a raised point is seen where it leans to, so look it up again from there
        face_x = face_x - relief * np.float32(np.sin(self.yaw))
        height = cv2.GaussianBlur(base, (0, 0), 2.0) * 0.9
        height += _layer(hills, face_x, face_y)
        normals = _normals(height, step)
        rgb = _lit(normals, person)
        if person.light[2] < 0.85:
            rgb *= _cast_shadows(height, step, person)[..., None]
        rgb *= self._complexion(person, face_x, face_y, rng)
        gloss = _gloss(normals, person) * rng.uniform(0.05, 0.22)
        rgb += gloss[..., None] * np.array((1.0, 0.97, 0.92), np.float32)

        def texture(ux: np.ndarray, uy: np.ndarray) -> np.ndarray:
            vx, vy = self.unplace(ux, uy)
            return cv2.remap(
                rgb,
                (vx + 1.5) / step,
                (vy + 2.1) / step,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )

        return texture

    def _unturn(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Face coordinates of the surface seen at view coordinates."""
        half, back, depth = (
            column.astype(np.float32)[:, None] for column in self.slice(y[:, 0] / self.length)
        )
        sine, cosine = np.float32(np.sin(self.yaw)), np.float32(np.cos(self.yaw))
        # across = half cos(yaw) sin(t) + (back + depth cos(t)) sin(yaw), solved for t
        across = (x - np.float32(self.axis) - back * sine) / np.hypot(half * cosine, depth * sine)
        t = np.arcsin(np.clip(across, -1, 1)) - np.arctan2(depth * sine, half * cosine)
        face_x = half * np.sin(t)
        nearness = (back + depth * np.cos(t)) * cosine - face_x * sine
        return face_x, y / np.float32(self.length) - np.float32(self.pitch) * (nearness - np.float32(0.7))

    def _complexion(self, person: Person, face_x, face_y, rng) -> np.ndarray:
        """RGB albedo of the skin, before lips, brows and eyes."""
        albedo = np.broadcast_to(person.skin.astype(np.float32), (*face_x.shape, 3)).copy()
        rosy = _layer(_table(BLUSH), face_x, face_y) * np.float32(rng.uniform(0.4, 1.3))
        albedo *= 1 - rosy[..., None] * np.array((0.01, 0.14, 0.13), np.float32)
        blotches = Noise(rng, 16, 2)(face_x * 5, face_y * 5)
        albedo *= 1 + blotches[..., None] * np.array((0.02, 0.03, 0.035), np.float32)
        pores = Noise(rng, 32)(face_x * 22, face_y * 22)
        albedo *= (1 + np.float32(rng.uniform(0.0, 0.05)) * pores)[..., None]
        if person.freckles:
            spots = np.clip(3 * Noise(rng, 32)(face_x * 20, face_y * 20) - 1.6, 0, 1)
            albedo *= 1 - (person.freckles * spots)[..., None] * np.array((0.14, 0.26, 0.32), np.float32)
        if person.beard:
            grain = 0.8 + 0.35 * Noise(rng, 32)(face_x * 30, face_y * 16)
            cover = np.clip(_layer(_table(BEARDS[person.beard]), face_x, face_y) * 1.6 - 0.25, 0, 1) * grain
            cover = np.clip(cover, 0, 1) * np.float32(person.beard_weight)
            hair = (person.beard_colour * 0.6 + 0.4 * person.skin * 0.5).astype(np.float32)
            albedo += (hair - albedo) * cover[..., None]
        return albedo


@lru_cache(maxsize=32)
def _table(hills: tuple[tuple[float, ...], ...]) -> np.ndarray:
    """Sum of mirrored gaussians, float32 (rows, columns). Separable, so it is one small matrix product."""
    xs, ys = np.arange(-1.2, 1.2, 0.02), np.arange(-2.2, 2.2, 0.02)
    x, y, w, h, strength = (column[:, None] for column in np.array(hills).T)
    across = np.exp(-0.5 * ((np.abs(xs)[None] - x) / w) ** 2)
    down = np.exp(-0.5 * ((ys[None] - y) / h) ** 2) * strength
    return (down.T @ across).astype(np.float32)


def _layer(table: np.ndarray, face_x: np.ndarray, face_y: np.ndarray) -> np.ndarray:
    """Look up a `_table` at face coordinates."""
    x = (face_x + np.float32(1.2)) * np.float32(1 / 0.02)
    y = (face_y + np.float32(2.2)) * np.float32(1 / 0.02)
    return cv2.remap(table, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _scaled(hills, head: Head):
    """The relief with this head's nose and eye distance."""
    for x, y, w, h, z in hills:
        if abs(x) < 0.2 and 0 < y < 0.7:
            yield x * head.nose_width, y * head.nose_length, w * head.nose_width, h, z
        elif 0.4 <= x <= 0.45:
            yield x * head.eye_distance / 0.445, y, w, h, z
        else:
            yield x, y, w, h, z


def _normals(height: np.ndarray, step: float) -> tuple[np.ndarray, ...]:
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / (8 * step))
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / (8 * step))
    length = 1 / np.sqrt(1 + dx * dx + dy * dy)
    return -dx * length, -dy * length, length


def _lit(normals: tuple[np.ndarray, ...], person: Person) -> np.ndarray:
    """RGB light on the skin: key light, sky and a little red where light is going."""
    nx, ny, nz = normals
    lx, ly, lz = person.light.astype(np.float32)
    key = np.maximum((nx * lx + ny * ly + nz * lz + 0.25) / 1.25, 0)
    ambient = np.float32(person.ambient)
    light = ambient * (0.72 + 0.28 * nz - 0.15 * ny) + (1 - ambient) * 1.25 * key
    light = np.log(np.maximum(light, np.float32(0.02)))
    return np.exp(light[..., None] * np.array((0.94, 1.02, 1.06), np.float32))


def _cast_shadows(height: np.ndarray, step: float, person: Person) -> np.ndarray:
    """Factor of the light where something is between the skin and the light, 1 elsewhere."""
    x, y, z = person.light
    across = np.hypot(x, y) + 1e-6
    rise, blocked = z / across, np.zeros_like(height)
    for distance in (0.08, 0.16, 0.26, 0.38):
        shift = np.array([(1, 0, x / across * distance / step), (0, 1, y / across * distance / step)])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        towards = cv2.warpAffine(
            height, shift, height.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        blocked = np.maximum(blocked, towards - height - np.float32(distance * rise))
    shadow = cv2.GaussianBlur(np.clip(blocked * 14, 0, 1), (0, 0), 1.2)
    return 1 - shadow * np.float32(0.75 * (1 - person.ambient))


def _gloss(normals: tuple[np.ndarray, ...], person: Person) -> np.ndarray:
    nx, ny, nz = normals
    half = person.light + np.array((0, 0, 1))
    hx, hy, hz = (half / np.linalg.norm(half)).astype(np.float32)
    shine = np.maximum(nx * hx + ny * hy + nz * hz, 0) ** 2
    shine *= shine
    shine *= shine  # to the power of 8
    return shine * shine * shine
