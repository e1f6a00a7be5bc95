"""Find the faces of any photo with CenterFace: small and large ones, upright or turned.

The network finds faces of 20 to 400 pixels whose tilt is below some 40 degrees. It answers to turned ones as well,
but then squeezes their points, and its score does not tell (0.9 upside down). So the photo is scanned at two sizes,
and each answer is looked at again from near, upright, at a size that the network sees best; where the points do not
make a face, at four angles, of which the best face wins. A portrait that is cut as CelebA-HQ's are needs one scan.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from .centerface_network import Boxes, CenterFaceNetwork, without_doubles
from .face_square import FaceSquare
from .five_points import misfit

COARSE = 256  # pixels of the longer side in which faces from a tenth of the photo to all of it are found
SMALLEST = (40, 1 / 60)
"""Pixels, and share of the photo's longer side: of the smallest faces, the larger of both."""
SEEN = 24  # pixels of the smallest face in the scan, which is enough to suspect it there
NEAR = 128  # pixels of the square around a face; the face itself is 80 of them high
HINT = 0.3  # score of what is worth a second look
FAINT = 0.06  # the same of small faces and of turned ones, which score low
ANGLES = (0.0, 90.0, 180.0, 270.0)
FRONTAL = 0.25  # misfit of points that tell where the face is
CLEAR = 0.55  # score less misfit of a face that needs no look from other sides
SETTLING = ((0.0,), (0.0,), (-12.0, 12.0))
"""Rounds of looks at one face: degrees by which the cut is turned."""
BATCH = 16
MOST = 200  # second looks at one photo


Look = tuple[float, float, np.ndarray, np.ndarray]
"""Of a face: score less misfit, score, box (4,), points (5, 2), in pixels of the photo."""


class CenterFace:
    """A detector: see `Detector`.

    Args:
        smallest: height in pixels of the smallest faces to find; by default 40, or a sixtieth of the photo's longer
            side where that is more. Twice as much takes a quarter of the time.
        least_score: of a face, 0 to 1, at the second look.

    Raises:
        UserError: the package with the weights is not installed.
    """

    def __init__(self, smallest: float | None = None, least_score: float = 0.5) -> None:
        self.smallest, self.least_score = smallest, least_score
        self._network = CenterFaceNetwork()

    def __call__(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """RGB uint8 (H, W, 3) -> float32 boxes with scores (N, 5), points (N, 5, 2), the surest first."""
        hints, first = self._scan(photo, COARSE, HINT)
        if first is not None and hints[0].portrait_turns(photo.shape) is not None:
            found = [first]
        else:
            found = self._look_near(photo, hints)
        squares = _squares(found)
        if not (len(found) == 1 and squares[0].portrait_turns(photo.shape) is not None):
            longest = max(photo.shape)
            smallest = self.smallest or max(SMALLEST[0], SMALLEST[1] * longest)
            finest = round(SEEN / smallest * longest)
            if finest > COARSE:
                hints = [each for each in self._scan(photo, finest, FAINT)[0] if not _is_known(each, found)]
                found = _distinct(found + self._look_near(photo, hints))
            if not found:
                found = self._look_near(photo, self._scan_turned(photo, min(max(finest, COARSE), 640)))
        boxes = np.array([[*box, score] for _, score, box, _ in found], np.float32).reshape(-1, 5)
        return boxes, np.array([points for *_, points in found], np.float32).reshape(-1, 5, 2)

    def _scan(self, photo: np.ndarray, longest: int, least: float) -> tuple[list[FaceSquare], Look | None]:
        """Return where a face may be, the surest first; and the only one, if there is one and it is clear."""
        scale = longest / max(photo.shape)
        size = [max(1, round(side * scale)) for side in photo.shape[1::-1]]
        shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        boxes, points, scores = self._network([cv2.resize(photo, size, interpolation=shrinks)], least)[0]
        ratio = np.array(photo.shape[1::-1]) / size
        boxes, points, strange = boxes * np.tile(ratio, 2), points * ratio, misfit(points)
        only = None
        if len(boxes) == 1:
            only = float(scores[0] - strange[0]), float(scores[0]), boxes[0], points[0]
        squares = [
            FaceSquare.of_points(own) if own_misfit < FRONTAL else _square_of_box(box)
            for box, own, own_misfit in zip(boxes[:MOST], points, strange, strict=False)
        ]
        return squares, only if _is_clear(only) else None

    def _scan_turned(self, photo: np.ndarray, longest: int) -> list[FaceSquare]:
        """`_scan` of the photo turned by 90, 180 and 270 degrees."""
        hints = []
        whole = FaceSquare((photo.shape[1] / 2, photo.shape[0] / 2), max(photo.shape))
        for angle in ANGLES[1:]:
            view = replace(whole, angle=angle)
            size = min(longest, max(photo.shape))
            for square in self._scan(view.cut(photo, size, cv2.BORDER_CONSTANT), longest, FAINT)[0]:
                (x, y), scale = view.to_photo(np.array(square.centre), size), view.side / size
                hints.append(FaceSquare((float(x), float(y)), square.side * scale, square.angle + angle))
        return hints

    def _look_near(self, photo: np.ndarray, squares: list[FaceSquare]) -> list[Look]:
        """Return the faces in or near these squares, seen upright."""
        first = self._look(photo, squares)
        unclear = [s for s, seen in zip(squares, first, strict=True) if seen and not _is_clear(seen)]
        turned = [replace(square, angle=square.angle + angle) for square in unclear for angle in ANGLES]
        again = self._look(photo, turned)
        best = [seen for seen in first if seen is not None and _is_clear(seen)]
        for start in range(0, len(again), len(ANGLES)):
            views = [seen for seen in again[start : start + len(ANGLES)] if seen is not None]
            best += [max(views, key=lambda seen: seen[0])] if views else []
        looks = self._look(photo, _squares(_distinct(best)))
        best = _distinct([seen for seen in looks if seen and seen[1] >= self.least_score and seen[0] > 0])
        return self._settled(photo, best)

    def _settled(self, photo: np.ndarray, found: list[Look]) -> list[Look]:
        """Return the means of several looks at each face: a turned copy gives the same points."""
        for turns in SETTLING:
            squares = _squares(found)
            views = [
                self._look(photo, [replace(each, angle=each.angle + turn) for each in squares], mirrored)
                for turn in turns
                for mirrored in (False, True)
            ]
            found = [_mean(own, *looks) for own, *looks in zip(found, *views, strict=True)]
        return found

    def _look(
        self, photo: np.ndarray, squares: list[FaceSquare], mirrored: bool = False
    ) -> list[Look | None]:
        """Return for each square the face in its middle, seen in its cut or in the mirror image of that."""
        seen: list[Look | None] = []
        for start in range(0, len(squares), BATCH):
            batch = squares[start : start + BATCH]
            cuts = [square.cut(photo, NEAR)[:, :: -1 if mirrored else 1] for square in batch]
            found = self._network(cuts, HINT)
            if mirrored:
                found = [_mirrored(*faces) for faces in found]
            seen += [_middle_one(square, *faces) for square, faces in zip(batch, found, strict=True)]
        return seen


def _is_clear(seen: Look | None) -> bool:
    """Tell whether a face needs no look from other sides: a high score and points of an upright face."""
    return seen is not None and seen[0] >= CLEAR and seen[1] - seen[0] < FRONTAL


def _squares(found: list[Look]) -> list[FaceSquare]:
    return [FaceSquare.of_points(points) for *_, points in found]


def _mean(best: Look, *looks: Look | None) -> Look:
    """Return the mean of a face and of what other looks saw of it."""
    seen = [look for look in looks if look is not None]
    if not seen:
        return best
    quality, score, boxes, points = zip(best, *seen, strict=True)
    return float(np.mean(quality)), float(np.mean(score)), np.mean(boxes, axis=0), np.mean(points, axis=0)


def _mirrored(boxes: np.ndarray, points: np.ndarray, scores: np.ndarray) -> Boxes:
    """Return what was seen in the mirror image of a cut, in the cut."""
    boxes = np.stack([NEAR - boxes[:, 2], boxes[:, 1], NEAR - boxes[:, 0], boxes[:, 3]], axis=1)
    points = points[:, [1, 0, 2, 4, 3]] * (-1, 1) + (NEAR, 0)  # left and right have changed places
    return boxes, points, scores


def _middle_one(square: FaceSquare, boxes: np.ndarray, points: np.ndarray, scores: np.ndarray) -> Look | None:
    """Return the best of the faces seen in the cut of a square that are about in its middle and of about its size."""
    if not len(boxes):
        return None
    centres, heights = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 3] - boxes[:, 1]
    middle = (np.abs(centres - NEAR / 2).max(1) < NEAR / 4) & (heights > 0.25 * NEAR) & (heights < 1.1 * NEAR)
    quality = np.where(middle, scores - misfit(points), -np.inf)
    best = int(np.argmax(quality))
    if not middle[best]:
        return None
    left, top, right, bottom = boxes[best]
    corners = square.to_photo(np.array([(left, top), (right, top), (right, bottom), (left, bottom)]), NEAR)
    box = np.concatenate([corners.min(0), corners.max(0)])
    return float(quality[best]), float(scores[best]), box, square.to_photo(points[best], NEAR)


def _square_of_box(box: np.ndarray) -> FaceSquare:
    """Return the upright square around a face of which only the box is known."""
    return FaceSquare(
        (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2), 1.5 * float(max(box[2:] - box[:2]))
    )


def _is_known(square: FaceSquare, found: list[Look]) -> bool:
    """Tell whether the square is around one of the faces."""
    for other in _squares(found):
        away = np.hypot(*np.subtract(square.centre, other.centre))
        if away < other.side / 4 and 0.5 < square.side / other.side < 2:
            return True
    return False


def _distinct(found: list[Look]) -> list[Look]:
    """Leave out what was found twice; the surest first."""
    found = sorted(found, key=lambda seen: -seen[0])
    return [
        found[index] for index in without_doubles(np.array([box for _, _, box, _ in found]).reshape(-1, 4))
    ]
