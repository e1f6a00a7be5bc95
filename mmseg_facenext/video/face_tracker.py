"""Follow faces from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..inference.detection import Detector, FaceSquare, faces_of
from ..inference.detection.centerface_network import overlap
from .flow import move_points

NEAR = 0.25  # of the square's side: mean distance of the points of one face in two frames, at most
OVERLAP = 0.2  # of the boxes of one face in two frames, at least
JUMP = 0.06  # of the square's side: what the flow cannot have missed, so that the detector is right
PULL = 0.3  # share of the difference to the detector's points that is made up for at each detection
MISSES = 2  # detections in a row that may miss a face which the flow still follows


@dataclass(eq=False)
class Track:
    """A face that is followed.

    Attributes:
        number: of this face in the whole video, from 1.
        box: float32 (5,): left, top, right, bottom, score.
        points: float32 (5, 2), see `Detector`.
        missed: detections in a row that did not find it.
    """

    number: int
    box: np.ndarray
    points: np.ndarray
    missed: int = 0

    @property
    def square(self) -> FaceSquare:
        return FaceSquare.of_points(self.points)

    def move(self, points: np.ndarray) -> None:
        """Take the points, and move the box with them."""
        ratio = FaceSquare.of_points(points).side / max(self.square.side, 1e-6)
        middle = (self.box[:2] + self.box[2:4]) / 2 + points.mean(0) - self.points.mean(0)
        half = (self.box[2:4] - self.box[:2]) / 2 * ratio
        self.box = np.concatenate([middle - half, middle + half, self.box[4:]]).astype(np.float32)
        self.points = points

    def correct(self, found: Track) -> None:
        """Go some way to where the detector sees the face, and all of it where the way is long."""
        away = np.hypot(*(found.points - self.points).T).mean() / self.square.side
        pull = 1.0 if away > JUMP else PULL
        self.points = self.points + np.float32(pull) * (found.points - self.points)
        self.box = self.box + np.float32(pull) * (found.box - self.box)
        self.missed = 0


class FaceTracker:
    """A detector for the frames of one video in their order: see `Detector`.

    Every few frames the given detector looks. In between the points of each face move with the picture, so that they
    neither jitter nor lag; what the detector sees pulls them softly. When a face gets lost, the detector looks at once.

    Args:
        every: frames from one look of the detector to the next.

    Attributes:
        tracks: the faces in the last frame, in the order of `faces_of`.
    """

    def __init__(self, detector: Detector, every: int = 5) -> None:
        self.detector, self.every = detector, every
        self.tracks: list[Track] = []
        self._last: np.ndarray | None = None
        self._since, self._known = 0, 0

    def __call__(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """RGB uint8 (H, W, 3) -> float32 boxes with scores (N, 5), points (N, 5, 2)."""
        followed = self._follow(frame)
        lost = len(followed) < len(self.tracks)
        self._since += 1
        if lost or self._last is None or self._since >= self.every:
            self.tracks, self._since = self._detect(frame, followed), 0
        else:
            self.tracks = followed
        self.tracks = sorted(
            (each for each in self.tracks if each.square.side >= 1), key=lambda each: -each.square.side
        )
        self._last = frame
        boxes = np.array([each.box for each in self.tracks], np.float32).reshape(-1, 5)
        return boxes, np.array([each.points for each in self.tracks], np.float32).reshape(-1, 5, 2)

    def _follow(self, frame: np.ndarray) -> list[Track]:
        """Move the tracks to where the faces are now, but for those that get lost."""
        if self._last is None or self._last.shape != frame.shape:
            return []
        kept = []
        for track in self.tracks:
            points = move_points(self._last, frame, track.square, track.points)
            if points is not None:
                track.move(points)
                kept.append(track)
        return kept

    def _detect(self, frame: np.ndarray, followed: list[Track]) -> list[Track]:
        found = [
            Track(0, np.array([*each.box, each.score], np.float32), each.points)
            for each in faces_of(self.detector, frame)
        ]
        unmatched = match(followed, found)
        for old, new in unmatched.pairs:
            old.correct(new)
        for old in unmatched.old:
            old.missed += 1
        for new in unmatched.new:
            self._known += 1
            new.number = self._known
        return [each for each in followed if each.missed <= MISSES] + unmatched.new


@dataclass
class Matching:
    pairs: list[tuple[Track, Track]]
    old: list[Track]
    new: list[Track]


def match(old: list[Track], new: list[Track]) -> Matching:
    """Pair the same faces, the nearest first: the boxes overlap and the points are near each other."""
    pairs: list[tuple[Track, Track]] = []
    distances = []
    for first in old:
        for second in new:
            away = np.hypot(*(first.points - second.points).T).mean() / max(first.square.side, 1e-6)
            if away < NEAR and overlap(first.box[:4], second.box[None, :4])[0] > OVERLAP:
                distances.append((float(away), first, second))
    for _, first, second in sorted(distances, key=lambda each: each[0]):
        if not any(first is one or second is two for one, two in pairs):
            pairs.append((first, second))
    firsts, seconds = [one for one, _ in pairs], [two for _, two in pairs]
    return Matching(
        pairs, [each for each in old if each not in firsts], [each for each in new if each not in seconds]
    )
