"""Motion between two pictures of a face.

Dense flow is that of Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016, in OpenCV.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..inference.detection import FaceSquare

SIZE = 96  # pixels of the cut in which a face is followed
AROUND = 1.3  # side of that cut, as a multiple of the face's square
INNER = 0.23  # of the cut: radius around its middle in which there is only face
LOOKS = 2
LEAST_ALIKE = 0.7  # correlation of a face with itself in the frame before; below, it was lost
LEAST_AGREEING = 0.5  # share of the pixels that move as the face does


def dense_flow(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Grey uint8 (h, w), twice -> float32 (h, w, 2): where each pixel of `before` is in `after`, as difference."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(0)
    return dis.calc(before, after, None)


def sample(
    planes: Sequence[np.ndarray] | np.ndarray, flow: np.ndarray, outside: int = cv2.BORDER_REPLICATE
) -> np.ndarray:
    """Planes (h, w), float32 (h, w, 2) -> (N, h, w): each plane at every pixel's place plus flow, bilinear."""
    places, exact = cv2.convertMaps((_grid(flow.shape) + flow).astype(np.float32), None, cv2.CV_16SC2)
    return np.stack([cv2.remap(each, places, exact, cv2.INTER_LINEAR, borderMode=outside) for each in planes])


def move_points(
    before: np.ndarray, after: np.ndarray, square: FaceSquare, points: np.ndarray
) -> np.ndarray | None:
    """Return points (N, 2) of a face in `before` where they are in `after`; None if the face is not to be seen there.

    The face moves as a whole: of the flow in its middle, the similarity that most pixels agree with (RANSAC). A second
    look, from where the first one says that the face is, corrects it.

    Args:
        before, after: RGB uint8 (H, W, 3), two frames.
        square: around the face in `before`.
    """
    start = place = square.scaled(AROUND)
    first = _grey(start, before)
    for _ in range(LOOKS):
        second = _grey(place, after)
        flow = dense_flow(first, second)
        grid = _grid(flow.shape)
        inner = np.hypot(*np.moveaxis(grid + 0.5 - SIZE / 2, -1, 0)) < INNER * SIZE
        if first[inner].std() < 1:
            return None
        alike = np.corrcoef(first[inner], sample([second], flow)[0][inner])[0, 1]
        target = place.to_photo(grid[inner] + flow[inner] + 0.5, SIZE)
        source = start.to_photo(grid[inner] + 0.5, SIZE)
        reach = start.side / SIZE  # a pixel of the cut
        matrix, agreeing = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=reach)
        if matrix is None:
            return None
        corners = start.corners @ matrix[:, :2].T + matrix[:, 2]
        place = _square_of(corners)
    if alike < LEAST_ALIKE or agreeing.mean() < LEAST_AGREEING:
        return None
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def _grey(place: FaceSquare, frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(place.cut(frame, SIZE), cv2.COLOR_RGB2GRAY)


def _square_of(corners: np.ndarray) -> FaceSquare:
    """Return the square with these corners (4, 2), the first one at the top left of the upright face."""
    (x, y), edge = corners.mean(0), corners[1] - corners[0]
    return FaceSquare(
        (float(x), float(y)), float(np.hypot(*edge)), float(np.degrees(np.arctan2(edge[1], edge[0])))
    )


def _grid(shape: tuple[int, ...]) -> np.ndarray:
    """Return float32 (h, w, 2): x and y of each pixel."""
    return np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in shape[1::-1])), axis=-1)
