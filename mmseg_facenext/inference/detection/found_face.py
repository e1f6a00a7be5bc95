"""What a detector says of one face, and what a detector is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import UserError
from .face_square import FaceSquare

Detector = Callable[[np.ndarray], tuple[Any, Any]]
"""RGB uint8 (H, W, 3) -> boxes (N, 4), or (N, 5) with a score from 0 to 1, and points (N, 5, 2), all in pixels.

`FaceParser` calls it from several threads at once. A box is left, top, right, bottom. The points are those of
insightface and RetinaFace: the eye at the left of the upright face as the viewer sees it, the other eye, the nose, the
corner of the mouth at the left, the other corner.
"""


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face in a photo, in its pixels.

    Attributes:
        number: from 1, from the largest face to the smallest.
        box: left, top, right, bottom.
        points: float32 (5, 2): eye at the viewer's left, at the right, nose, corners of the mouth; see `Detector`.
        score: of the detector, 0 to 1.
        square: what the network saw.
    """

    number: int
    box: tuple[float, float, float, float]
    points: np.ndarray
    score: float
    square: FaceSquare

    def __repr__(self) -> str:
        left, top, right, bottom = (round(side) for side in self.box)
        turned = f', turned by {self.square.angle:.0f}°' if abs(self.square.angle) >= 5 else ''
        return f'face {self.number}: {right - left}x{bottom - top} pixels at ({left}, {top}){turned}'


def faces_of(detector: Detector, photo: np.ndarray) -> list[FoundFace]:
    """Return the faces that a detector finds, the largest first.

    Where most faces lie on their side or upside down, the detector is called again with the photo turned upright, so
    that a photo and a turned copy of it give the same faces.

    Raises:
        UserError: it does not return boxes and points as a `Detector` does.
    """
    faces = _found(detector, photo)
    turns = _usual_turns(faces)
    if turns == 0:
        return faces
    upright = np.ascontiguousarray(np.rot90(photo, turns))
    again = _found(detector, upright)
    if _usual_turns(again) or len(again) < len(faces):
        return faces
    return [_turned_back(face, turns, upright.shape) for face in again]


def turned_points(points: np.ndarray, turns: int, shape: Sequence[int]) -> np.ndarray:
    """(N, 2) in a photo (H, W, ...) -> the same in `np.rot90(photo, turns)`."""
    width, height = shape[1], shape[0]
    for _ in range(turns % 4):
        points = np.stack([points[:, 1], width - points[:, 0]], axis=1)
        width, height = height, width
    return points


def _usual_turns(faces: Sequence[FoundFace]) -> int:
    """Return how many quarter turns, anticlockwise, make most faces upright; of equally many the largest decides."""
    votes = Counter(round(face.square.angle / 90) % 4 for face in faces)
    return votes.most_common(1)[0][0] if votes else 0


def _turned_back(face: FoundFace, turns: int, shape: Sequence[int]) -> FoundFace:
    """Return a face of `np.rot90(photo, turns)`, which has this shape, in the photo."""
    points = turned_points(face.points, -turns, shape)
    corners = turned_points(np.reshape(face.box, (2, 2)), -turns, shape)
    box = tuple(np.concatenate([corners.min(0), corners.max(0)]).tolist())
    return replace(face, points=points, box=box, square=FaceSquare.of_points(points))


def _found(detector: Detector, photo: np.ndarray) -> list[FoundFace]:
    found = detector(photo)
    try:
        boxes, points = (np.asarray(each, np.float32) for each in found)
        if not len(boxes) == len(points) == 0 and (
            boxes.shape[1:] not in ((4,), (5,)) or points.shape != (len(boxes), 5, 2)
        ):
            raise ValueError
    except (TypeError, ValueError):
        raise UserError(
            f'a detector returns boxes (N, 4) or (N, 5) and points (N, 5, 2), got {found!r:.100}'
        ) from None
    squares = [FaceSquare.of_points(each) for each in points]
    order = sorted(range(len(boxes)), key=lambda index: -squares[index].side)
    return [
        FoundFace(
            number=number,
            box=tuple(boxes[index, :4].tolist()),
            points=points[index],
            score=float(boxes[index, 4]) if boxes.shape[1] == 5 else 1.0,
            square=squares[index],
        )
        for number, index in enumerate(order, start=1)
        if squares[index].side >= 1
    ]
