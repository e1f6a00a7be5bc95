"""What the network is shown of a photo, and what becomes of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..errors import UserError
from ..taxonomy import LabelSpace
from .detection import Detector, FaceSquare, FoundFace, faces_of, turned_points
from .results import FaceParsing
from .results.view import View, paste

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

WIDE = 2.0
"""Side of the square that shows what lies around a face, as a multiple of that around the face: long hair, clothes."""

CUTS = {'helen': (0.69, 0.15)}
"""How data sets that cut faces otherwise do it, for `FaceSquare.scaled`. Helen's square has 1.2 times the extent of the
68 landmarks around their middle (`CropToFace`); the numbers are the means over 35 drawn faces."""


class Answers(Protocol):
    """What turns the answers of a network into labels."""

    label_space: LabelSpace

    def labels(self, logits: Any, size: tuple[int, int]) -> np.ndarray:
        """(C, h, w) -> uint8 (H, W), the class of the largest at that size."""

    def array(self, logits: Any) -> np.ndarray:
        """(C, h, w) -> the same as float32 in NumPy."""


class Network(Answers, Protocol):
    """What labels pictures; they are RGB uint8, those of a batch have one size (h, w).

    `usual_batch` is how many at once are fast.
    """

    model: Any
    usual_batch: int

    @property
    def needs_landmarks(self) -> bool:
        """Whether it aligns faces by five points before it looks at them."""

    def resize(self, photo: np.ndarray) -> np.ndarray:
        """(H, W, 3) -> (h, w, 3), the size that the network sees."""

    def logits(
        self, inputs: Sequence[np.ndarray], landmarks: Sequence[np.ndarray] | None = None
    ) -> Sequence[Any]:
        """(h, w, 3) each, with landmarks (5, 2) in its pixels -> (C, h, w) each, of the library that runs it.

        Raises:
            UserError: the network needs landmarks and there are none, or the other way round.
        """


@dataclass(eq=False)
class Picture:
    """One input of the network.

    Attributes:
        pixels: RGB uint8 (h, w, 3).
        square: what it shows, None for the whole photo.
        points: (5, 2) in its pixels, for a network that aligns faces.
        is_around: it shows what lies around the picture before it.
        turns: how many quarter turns, anticlockwise, make the whole photo upright.
        answer: (C, h, w), once there is one.
    """

    pixels: np.ndarray
    square: FaceSquare | None = None
    points: np.ndarray | None = None
    is_around: bool = False
    turns: int = 0
    answer: Any = None


@dataclass(eq=False)
class ShownPhoto:
    """A photo RGB uint8 (H, W, 3), the faces found in it (None: not looked for) and the pictures of them."""

    path: Path | None
    image: np.ndarray
    faces: list[FoundFace] | None
    pictures: list[Picture]

    @property
    def is_answered(self) -> bool:
        return all(picture.answer is not None for picture in self.pictures)

    def parsing(self, network: Answers, least: np.ndarray | float = 0.0) -> FaceParsing:
        """Return what the network said, on the photo; `least` is that of `paste`."""
        shape, space = self.image.shape, network.label_space
        views: list[View] = []
        for picture in self.pictures:
            logits = np.rot90(network.array(picture.answer), -picture.turns, axes=(1, 2))
            view = View.of(logits, picture.square, shape)
            if picture.is_around:
                views[-1] = replace(views[-1], around=view)
            else:
                views.append(view)
        if self.pictures and self.pictures[0].square is None:
            picture = self.pictures[0]
            upright = shape[:2] if picture.turns % 2 == 0 else shape[1::-1]
            labels = np.rot90(network.labels(picture.answer, (upright[0], upright[1])), -picture.turns)
            source = None
        else:
            labels, source = paste(views, shape, space.titles.index('background'), least)
        faces = None if self.faces is None else tuple(self.faces)
        return FaceParsing(
            self.image, np.ascontiguousarray(labels), space, self.path, faces, tuple(views), source
        )


def show_photo(
    path: Path | None,
    image: np.ndarray,
    network: Network,
    detector: Detector | None = None,
    landmarks: ArrayLike | None = None,
    portraits: bool = True,
) -> ShownPhoto:
    """Return the pictures of a photo, RGB uint8 (H, W, 3): one of each face, or the whole.

    The whole is shown where there is no detector, and where the photo is cut around its only face already: see
    `FaceSquare.portrait_turns`.

    Args:
        landmarks: (5, 2) in pixels of the photo, for a network that aligns faces.
        portraits: show the whole of a photo that is cut around its only face.

    Raises:
        UserError: the landmarks are not five points, or the detector's answer is none.
    """
    if detector is None:
        pixels = network.resize(image)
        points = None if landmarks is None else _scaled(_five_points(landmarks), image.shape, pixels.shape)
        return ShownPhoto(path, image, None, [Picture(pixels, points=points)])
    faces = faces_of(detector, image)
    factor, down = CUTS.get(network.label_space.name, (1.0, 0.0))
    squares = [face.square.scaled(factor, down) for face in faces]
    if portraits and len(faces) == 1 and (turns := squares[0].portrait_turns(image.shape)) is not None:
        upright = np.ascontiguousarray(np.rot90(image, turns))
        points = turned_points(faces[0].points, turns, image.shape)
        return ShownPhoto(path, image, faces, [_picture(upright, points, network, turns=turns)])
    pictures = []
    for face, near in zip(faces, squares, strict=True):
        wide = near.scaled(WIDE)
        for square in (near, wide):
            cut = square.cut(image)
            points = square.to_cut(face.points, len(cut))
            pictures.append(_picture(cut, points, network, square=square, is_around=square is wide))
    return ShownPhoto(path, image, faces, pictures)


def _picture(upright: np.ndarray, points: np.ndarray, network: Network, **place: Any) -> Picture:
    """Return a cut at the network's size; `points` are in pixels of areas there."""
    pixels = network.resize(upright)
    own = _scaled(points - 0.5, upright.shape, pixels.shape) if network.needs_landmarks else None
    return replace(Picture(pixels, points=own), **place)


def _five_points(landmarks: ArrayLike) -> np.ndarray:
    try:
        points = np.asarray(landmarks, np.float32)
    except (TypeError, ValueError):
        points = np.empty(0, np.float32)
    if points.shape != (5, 2):
        raise UserError(f'landmarks are five points (x, y) of a photo, got {landmarks!r}')
    return points


def _scaled(points: np.ndarray, old: Sequence[int], new: Sequence[int]) -> np.ndarray:
    """Return float32 (5, 2) of a photo of shape `old` in pixels of the same at shape `new`; pixel 0 is at 0."""
    height, width = np.divide(new[:2], old[:2])
    return ((points + 0.5) * (width, height) - 0.5).astype(np.float32)
