"""The upright square around a face that a network is shown, as CelebA-HQ cuts it.

Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation", ICLR 2018, appendix C.
Coordinates are pixels of the photo, x to the right and y down; a pixel is an area, so its centre is at one half.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

LONGEST_CUT = 1024  # pixels, as the photos of CelebA-HQ; larger faces are reduced to it


@dataclass(frozen=True)
class FaceSquare:
    """A turned square in a photo.

    Attributes:
        centre: (x, y).
        side: in pixels.
        angle: degrees by which the face is turned clockwise in the photo; 0 is upright.
    """

    centre: tuple[float, float]
    side: float
    angle: float = 0.0

    @classmethod
    def of_points(cls, points: np.ndarray) -> FaceSquare:
        """Return the square for five points (5, 2): eye at the image's left, at its right, nose, corners of the mouth.

        "Left" is that of the upright face.
        """
        points = np.asarray(points, float)
        eyes, mouth = (points[0] + points[1]) / 2, (points[3] + points[4]) / 2
        eye_to_eye, down = points[1] - points[0], mouth - eyes
        axis = eye_to_eye + (down[1], -down[0])  # both say where the face's right side in the image is
        side = 2 * max(2.0 * np.hypot(*eye_to_eye), 1.8 * np.hypot(*down))
        x, y = eyes + 0.1 * down
        return cls((float(x), float(y)), float(side), float(np.degrees(np.arctan2(axis[1], axis[0]))))

    def scaled(self, factor: float, down: float = 0.0) -> FaceSquare:
        """Return the square `factor` times as large, moved towards the chin by `down` of this one's side."""
        turn = np.radians(self.angle)
        x, y = np.array(self.centre) + down * self.side * np.array([-np.sin(turn), np.cos(turn)])
        return FaceSquare((float(x), float(y)), factor * self.side, self.angle)

    @property
    def corners(self) -> np.ndarray:
        """Return float (4, 2): top left, top right, bottom right, bottom left of the upright face."""
        return self.to_photo(np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * self.side, self.side)

    def matrix(self, size: float) -> np.ndarray:
        """Return float (2, 3): from coordinates in the cut, `size` pixels wide, to those of the photo."""
        scale, turn = self.side / size, np.radians(self.angle)
        linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return np.column_stack([linear, self.centre - linear @ (size / 2, size / 2)])

    def to_photo(self, points: np.ndarray, size: float) -> np.ndarray:
        """(..., 2) in the cut, `size` pixels wide -> (..., 2) in the photo."""
        matrix = self.matrix(size)
        return points @ matrix[:, :2].T + matrix[:, 2]

    def to_cut(self, points: np.ndarray, size: float) -> np.ndarray:
        """(..., 2) in the photo -> (..., 2) in the cut, `size` pixels wide."""
        matrix = self.matrix(size)
        return (points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T

    def portrait_turns(self, shape: tuple[int, ...]) -> int | None:
        """Return how many quarter turns, anticlockwise, make a photo (H, W, ...) one that is cut as CelebA-HQ's are.

        None if it is not cut so around the face. It is if both sides of the photo are 0.8 to 1.25 times the side of
        the square, their centres lie apart by less than an eighth of it, and the face is tilted by less than 12
        degrees.
        """
        height, width = shape[:2]
        tilt = abs((self.angle + 45) % 90 - 45)
        away = np.hypot(self.centre[0] - width / 2, self.centre[1] - height / 2)
        fits = all(0.8 <= side / self.side <= 1.25 for side in (height, width))
        return round(self.angle / 90) % 4 if fits and away < self.side / 8 and tilt < 12 else None

    def region(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Return rows and columns of a photo (H, W, ...) in which the square lies."""
        low, high = np.floor(self.corners.min(0)).astype(int), np.ceil(self.corners.max(0)).astype(int)
        (left, top), (right, bottom) = np.maximum(low, 0), np.minimum(high, shape[1::-1])
        return slice(int(top), max(int(top), int(bottom))), slice(int(left), max(int(left), int(right)))

    def inside(self, part: tuple[slice, slice]) -> np.ndarray:
        """Return bool (r, c): which pixels of a part of the photo have their centres in the square."""
        rows, columns = part
        shown = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        corners = self.corners - (columns.start, rows.start) - 0.5  # the first pixel has its centre at 0
        cv2.fillConvexPoly(shown, np.rint(corners * 16).astype(np.int32), 1, shift=4)
        return shown > 0

    def distance(self, part: tuple[slice, slice]) -> np.ndarray:
        """Return float32 (r, c): how far from the centre the pixels of a part are, in units of the side."""
        rows, columns = (np.arange(each.start, each.stop, dtype=np.float32) + 0.5 for each in part)
        x, y = self.centre
        return np.hypot((columns - np.float32(x)) / self.side, (rows[:, None] - np.float32(y)) / self.side)

    def cut(
        self, photo: np.ndarray, size: int | None = None, outside: int = cv2.BORDER_REFLECT
    ) -> np.ndarray:
        """RGB uint8 (H, W, 3) -> (size, size, 3), the face upright; what lies outside the photo is its reflection.

        Args:
            size: by default that of the square, at most 1024.
            outside: one of OpenCV's borders.
        """
        size = size or max(1, min(round(self.side), LONGEST_CUT))
        rows, columns = self.region(photo.shape)
        part = photo[rows, columns]
        if not part.size:
            return np.zeros((size, size, 3), np.uint8)
        reduced = np.ones(2)
        if (
            self.side > 1.25 * size
        ):  # mean of the pixels that become one, where `warpAffine` would take two of each row
            wanted = np.maximum(1, np.round(np.array(part.shape[1::-1]) * size / self.side)).astype(int)
            reduced = wanted / part.shape[1::-1]
            part = cv2.resize(part, wanted.tolist(), interpolation=cv2.INTER_AREA)
        matrix = self.matrix(size)
        matrix[:, 2] -= (columns.start, rows.start)
        matrix *= reduced[:, None]
        return cv2.warpAffine(
            np.ascontiguousarray(part),
            of_pixel_centres(matrix),
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=outside,
        )


def of_pixel_centres(matrix: np.ndarray) -> np.ndarray:
    """Return an affine (2, 3) as OpenCV takes it, for which the first pixel has its centre at 0, not at one half."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    return shifted
