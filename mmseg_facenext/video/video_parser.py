"""A trained model for the frames of a video."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..errors import UserError
from ..inference import FaceParser, FaceParsing
from ..inference.results.view import View
from ..inference.shown_photo import Picture, show_photo
from .face_tracker import FaceTracker
from .label_smoother import STRENGTH, LabelSmoother

BATCH = 8  # pictures at once


class VideoParser:
    """Labels every pixel of the frames of one video, in their order.

        video = VideoParser(FaceParser())
        for frame in frames:
            face = video(frame)

    Faces are followed from frame to frame and labels are the mean over time along the motion of the picture; see
    `FaceTracker` and `LabelSmoother`. What a frame gives depends on those before it, never on those after it.

    Args:
        parser: the model, and the detector.
        every: frames from one look of the detector to the next.
        strength: weight of the past in the labels, 0 to below 1; 0 labels each frame by itself.
        detect: look for faces; if not, each whole frame is shown to the network as one face.

    Raises:
        UserError: `every` or `strength` is out of range.
    """

    def __init__(
        self, parser: FaceParser, every: int = 5, strength: float = STRENGTH, detect: bool = True
    ) -> None:
        if every < 1:
            raise UserError(f'every must be at least 1, got {every}')
        if not 0 <= strength < 1:
            raise UserError(f'strength must be at least 0 and below 1, got {strength}')
        self.parser, self.every, self.detect = parser, every, detect
        self._smoother = LabelSmoother(strength)
        self.restart()

    def restart(self) -> None:
        """Forget the frames so far, for another video."""
        detector = self.parser.detector if self.detect else None
        self._tracker = None if detector is None else FaceTracker(detector, self.every)
        self._smoother = LabelSmoother(self._smoother.strength)

    def __call__(self, frame: np.ndarray) -> FaceParsing:
        """RGB uint8 (H, W, 3) -> its labels and faces."""
        network = self.parser.network
        shown = show_photo(None, frame, network, self._tracker, portraits=False)
        self._smoother.next_frame()
        numbers = iter([each.number for each in self._tracker.tracks] if self._tracker else [])
        number = 0
        for picture, answer in zip(shown.pictures, self._answers(shown.pictures), strict=True):
            number = number if picture.is_around else next(numbers, 0)
            picture.answer = network.array(answer)
            if self._smoother.strength:
                picture.answer = self._smoother((number, picture.is_around), picture.pixels, picture.answer)
        return shown.parsing(_Arrays(network))

    def _answers(self, pictures: list[Picture]) -> list[Any]:
        answers: list[Any] = []
        for _, same_size in itertools.groupby(pictures, key=lambda picture: picture.pixels.shape):
            while batch := list(itertools.islice(same_size, BATCH)):
                points = [picture.points for picture in batch if picture.points is not None]
                answers += self.parser.network.logits([picture.pixels for picture in batch], points or None)
        return answers


class _Arrays:
    """A network whose answers are NumPy arrays already."""

    def __init__(self, network: Any) -> None:
        self.label_space = network.label_space

    def array(self, logits: np.ndarray) -> np.ndarray:
        return logits

    def labels(self, logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        whole = slice(0, size[0]), slice(0, size[1])
        return View.of(logits, None, size).canvas().labels(whole)
