"""A drawn person who moves through a video: every frame's labels and motion are known."""

from __future__ import annotations

import cv2
import numpy as np

from ..taxonomy import CELEBAMASK_HQ
from .drawing import draw_face
from .drawing.painting.canvas import Canvas
from .drawing.person import sample_person
from .drawing.scene.backdrop import paint_backdrop
from .drawing.scene.photo import develop
from .faces import face_rng

BACKGROUND = CELEBAMASK_HQ.index('background')
GRAIN = 6.0  # standard deviation of the camera's noise in grey levels
SWAY = (0.10, 0.06)  # of the frame's sides: how far the face goes from the middle
TURN = 12.0  # degrees to either side
ZOOM = 0.12  # share by which the face grows and shrinks


class MovingFace:
    """Frames of a drawn person in front of a drawn background.

    The person sways, turns and comes nearer; the background slides the other way; each frame has noise of its own and
    the light flickers a little.

    Args:
        seed: of the drawing.
        size: (height, width) of the frames.
        portrait: pixels of the drawn portrait in a frame; its face has about half of them.
        period: frames of one sway. Fewer are faster.
    """

    def __init__(
        self, seed: int, size: tuple[int, int] = (384, 512), portrait: int = 300, period: float = 48.0
    ) -> None:
        self.seed, self.size, self.portrait, self.period = seed, size, portrait, period
        self.image, self.labels = draw_face(face_rng(seed, 0), 2 * portrait)
        canvas, rng = Canvas(max(size) * 3 // 2), face_rng(seed, 1)
        paint_backdrop(canvas, sample_person(rng), rng)
        self._behind = develop(canvas.planes, rng)
        self._cover = cv2.GaussianBlur((self.labels != BACKGROUND).astype(np.float32), (0, 0), 1.0)

    def matrix(self, time: int) -> np.ndarray:
        """Return float (2, 3): from pixels of the portrait to those of the frame."""
        angle = 2 * np.pi * time / self.period
        scale = self.portrait / len(self.image) * (1 + ZOOM * np.sin(0.7 * angle))
        turn = np.radians(TURN) * np.sin(1.3 * angle + 0.5)
        linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        height, width = self.size
        centre = (0.5 + SWAY[0] * np.sin(angle)) * width, (0.5 + SWAY[1] * np.sin(1.7 * angle)) * height
        middle = (len(self.image) - 1) / 2
        return np.column_stack([linear, centre - linear @ (middle, middle)])

    def __call__(self, time: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a frame, RGB uint8 (H, W, 3), and its labels, uint8 (H, W)."""
        height, width = self.size
        matrix, size = self.matrix(time), (width, height)
        half = cv2.INTER_AREA  # the portrait is twice as large as in the frame
        reduced, cover = (
            cv2.resize(each, None, fx=0.5, fy=0.5, interpolation=half) for each in (self.image, self._cover)
        )
        smaller = matrix.copy()
        smaller[:, :2] *= 2
        smaller[:, 2] += matrix[:, :2] @ (0.5, 0.5)  # a pixel of the reduced one is at the middle of four
        person = cv2.warpAffine(reduced, smaller, size).astype(np.float32)
        share = cv2.warpAffine(cover, smaller, size)[..., None]
        labels = cv2.warpAffine(self.labels, matrix, size, flags=cv2.INTER_NEAREST, borderValue=BACKGROUND)
        away = np.sin(2 * np.pi * time / self.period)
        slide = np.array([[1, 0, -width / 4 + 0.05 * width * away], [0, 1, -height / 4]], float)
        behind = cv2.warpAffine(self._behind, slide, size, borderMode=cv2.BORDER_REFLECT)
        rng = np.random.default_rng([self.seed, time])
        frame = (behind + share * (person - behind)) * rng.normal(1, 0.02)
        frame += rng.normal(0, GRAIN, frame.shape)
        return np.clip(np.rint(frame), 0, 255).astype(np.uint8), labels

    def steady(self, labels: np.ndarray, time: int) -> np.ndarray:
        """Labels uint8 (H, W) of a frame -> (S, S) as seen from the portrait, where nothing moves; 255 outside."""
        side = len(self.image)
        return cv2.warpAffine(
            labels,
            self.matrix(time),
            (side, side),
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
            borderValue=255,
        )
