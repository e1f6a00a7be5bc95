"""What a detector says of one face, and what a detector is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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

    Raises:
        UserError: it does not return boxes and points as a `Detector` does.
    """
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
