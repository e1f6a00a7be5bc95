"""The head in space: where a point of the face lands in the picture.

Face coordinates: origin between the eyes, x to the image's right, y down, z towards the camera; one
unit is half the width of the face. View coordinates are the same after turning (yaw) and nodding
(pitch); `Frame.place` takes them to the picture (roll, scale, position).
"""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from ..painting.curves import curve, joined
from ..person import Person

TABLE_START, TABLE_STEP = np.array((-1.3, -2.2), np.float32), 0.06
FRONT = 0.98  # how far the front of the face is before the ears
OUTLINE_Y = np.array(
    [-1.56, -1.52, -1.40, -1.15, -0.85, -0.45, 0, 0.4, 0.75, 1.0, 1.2, 1.4, 1.54, 1.61, 1.63]
)
OUTLINE_X = np.array([0, 0.28, 0.56, 0.80, 0.92, 0.98, 0.99, 0.95, 0.88, 0.785, 0.65, 0.45, 0.27, 0.11, 0])


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
        jaw = rng.normal(0.93 if person.feminine else 1.0, 0.07)
        self.length = rng.normal(0.93, 0.045)
        lower = np.interp(OUTLINE_Y, (0.2, 1.0, 1.5), (0, 1, 0.6))
        chin = 1 + rng.normal(0.02, 0.13) * np.interp(OUTLINE_Y, (1.2, 1.45), (0, 1))
        cheeks = 1 + rng.normal(0, 0.04) * np.exp(-(((OUTLINE_Y - 0.8) / 0.4) ** 2))
        self.outline_x = OUTLINE_X * (1 + (jaw - 1) * lower) * chin * cheeks * rng.normal(1, 0.035)
        self.eye_distance = rng.normal(0.445, 0.015)
        self.nose_width = rng.normal(0.95 if person.feminine else 1.08, 0.1)
        self.nose_length = rng.normal(1.0, 0.05)
        self.ear_flare = rng.uniform(0.18, 0.5)  # angle between an ear and the line of sight
        self.ear_size, self.ear_y = rng.normal(0.86, 0.09), rng.normal(0, 0.06)
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

    def unturn(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
