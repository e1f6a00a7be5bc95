"""How many faces detectors find: portraits put into photos of 1600x1200, small, dark, turned, many; and none at all.

    python benchmarks/finding_faces.py DATA_ROOT
    python benchmarks/finding_faces.py DATA_ROOT --detectors centerface plain-centerface blazeface mtcnn yuface

DATA_ROOT has `CelebA-HQ-img/<n>.jpg`. A face counts as found when its five points are, on average, nearer to those of
the portrait than a quarter of their extent. Those are `CenterFace`'s own at the portrait's full size, so nothing
finer is compared. Every detector is shown the same photos and is called as `FaceParser` calls it, which shows a photo
again, turned upright, when most of its faces lie on their side. Seconds are those of the processor, with one thread.
Takes two minutes on one core, all six detectors a quarter of an hour.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import cycle, islice, product
from pathlib import Path

import cv2
import numpy as np
import torch
from other_detectors import DETECTORS, detectors
from skimage import data

from mmseg_facenext.analysis.timing import hardware
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.detection import CenterFace, FoundFace, faces_of
from mmseg_facenext.utils.read_image import read_image
from mmseg_facenext.utils.text_table import text_table

SIZE = 1600, 1200
DARK = 1 / 7

Portrait = tuple[np.ndarray, FoundFace]
"""RGB uint8 (H, W, 3), and the face in it."""


@dataclass(frozen=True)
class Scene:
    """What photos show.

    Attributes:
        heights: of the faces, in pixels: from, to.
        angles: degrees, clockwise; every portrait takes part at each of them.
        brightness: of the photo, 1 is as it is.
        faces: in one photo.
        photos: by default as many as show every portrait at every angle.
    """

    heights: tuple[float, float]
    angles: Sequence[float] = (0,)
    brightness: float = 1
    faces: int = 1
    photos: int | None = None


SCENES = {
    '30 pixels': Scene((30, 30)),
    '40 pixels': Scene((40, 40)),
    '60 pixels': Scene((60, 60)),
    '100 pixels': Scene((100, 100)),
    '200 pixels': Scene((200, 200)),
    '40 pixels, dark': Scene((40, 40), brightness=DARK),
    '60 pixels, dark': Scene((60, 60), brightness=DARK),
    '100 pixels, dark': Scene((100, 100), brightness=DARK),
    '50 pixels, 8 angles': Scene((50, 50), range(0, 360, 45)),
    '1 face in a photo': Scene((40, 120), photos=18),
    '4 faces': Scene((40, 120), faces=4, photos=9),
    '9 faces': Scene((40, 120), faces=9, photos=4),
    '22 faces': Scene((40, 120), faces=22, photos=2),
    '50 faces': Scene((40, 80), faces=50, photos=2),
    '9 faces, each turned its own way': Scene((50, 120), range(0, 360, 30), faces=9),
}
FACELESS = (
    *('coffee', 'chelsea', 'rocket', 'page', 'coins', 'moon', 'brick', 'grass', 'gravel', 'text', 'horse'),
    *('hubble_deep_field', 'immunohistochemistry', 'retina', 'clock', 'colorwheel', 'checkerboard'),
)  # of scikit-image


def main(argv: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data_root')
    parser.add_argument('--detectors', nargs='+', choices=DETECTORS, default=['centerface'])
    args = parser.parse_args(argv)
    files = sorted(Path(args.data_root, 'CelebA-HQ-img').glob('*.jpg'))
    if not files:
        raise UserError(f'{args.data_root}: expected a folder CelebA-HQ-img with .jpg files, found none')
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    judge, sides = CenterFace(), detectors(args.detectors)
    pictures = [read_image(file)[..., ::-1].copy() for file in files]
    portraits = [(picture, faces_of(judge, picture)[0]) for picture in pictures]
    for detector in sides.values():
        faces_of(detector, data.coffee())  # what is done once should not count
    scenes = {name: photos_of(scene, portraits, np.random.default_rng(0)) for name, scene in SCENES.items()}
    scenes[f'{len(FACELESS)} photos without a face'] = (
        (picture(name), np.zeros((0, 5, 2))) for name in FACELESS
    )
    counts, seconds = [], []
    for name, photos in scenes.items():
        shown, there, found, others, spent = 0, 0, Counter(), Counter(), Counter()
        for photo, points in photos:
            shown += 1
            there += len(points)
            for side, detector in sides.items():
                start = time.process_time()
                faces = faces_of(detector, photo)
                spent[side] += time.process_time() - start
                near = found_of(faces, points)
                found[side] += near
                others[side] += len(faces) - near
        cells = [f'{found[side]}' + f' +{others[side]}' * (others[side] > 0) for side in sides]
        counts.append([name, str(there), *cells])
        seconds.append([name, *(f'{spent[side] / shown:.2f}' for side in sides)])
        print(*counts[-1], '|', *seconds[-1][1:], flush=True)
    print('\nFound, and what is no face or has its points elsewhere (+):')
    print(text_table(['scene', 'faces', *sides], counts))
    print('\nSeconds of the processor per photo:')
    print(text_table(['scene', *sides], seconds))
    print(f'\n{hardware("cpu")}, OpenCV {cv2.__version__}, onnxruntime {version("onnxruntime")}')


def photos_of(
    scene: Scene, portraits: Sequence[Portrait], rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield photos, and the points (N, 5, 2) of the faces in each."""
    turned = list(product(portraits, scene.angles))
    if scene.faces > 1:
        rng.shuffle(turned)
    photos = scene.photos or len(turned) // scene.faces
    queue = islice(cycle(turned), photos * scene.faces)
    while chosen := list(islice(queue, scene.faces)):
        shown, angles = zip(*chosen, strict=True)
        photo, points = photo_of(shown, rng.uniform(*scene.heights, len(chosen)), angles, rng)
        yield (photo * scene.brightness).astype(np.uint8), points


def photo_of(
    portraits: Sequence[Portrait],
    heights: Sequence[float],
    angles: Sequence[float],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo (1200, 1600, 3) with faces of these heights, and their points (N, 5, 2).

    Each portrait lies somewhere in a cell of its own, which it does not leave if it fits there.
    """
    columns = round((len(portraits) * SIZE[0] / SIZE[1]) ** 0.5)
    rows = -(-len(portraits) // columns)
    cell = np.array(SIZE) / (columns, rows)
    places = rng.permutation(columns * rows)[: len(portraits)]
    photo = cv2.resize(data.coffee(), SIZE, interpolation=cv2.INTER_CUBIC)
    all_points = []
    for (portrait, face), height, angle, place in zip(portraits, heights, angles, places, strict=True):
        scale = float(height / (face.box[3] - face.box[1]))
        size = np.array(portrait.shape[1::-1])
        turn = np.radians(angle)
        extent = scale * (abs(np.cos(turn)) * size + abs(np.sin(turn)) * size[::-1])
        free = np.maximum(0, cell - extent) / 2
        centre = cell * (place % columns + 0.5, place // columns + 0.5) + rng.uniform(-free, free)
        matrix = cv2.getRotationMatrix2D((size / 2).tolist(), -angle, scale)
        matrix[:, 2] += centre - size / 2
        if scale < 1:
            portrait = cv2.GaussianBlur(portrait, (0, 0), max(0.01, 0.4 * (1 / scale - 1)))
        cv2.warpAffine(portrait, matrix, SIZE, dst=photo, borderMode=cv2.BORDER_TRANSPARENT)
        all_points.append(face.points @ matrix[:, :2].T + matrix[:, 2])
    return photo, np.array(all_points)


def found_of(faces: Sequence[FoundFace], expected: np.ndarray) -> int:
    """Return how many of the faces with these points (N, 5, 2) are among those that were found."""
    return sum(any(is_near(face.points, points) for face in faces) for points in expected)


def is_near(points: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.abs(points - expected).mean() < np.ptp(expected, axis=0).max() / 4)


def picture(name: str) -> np.ndarray:
    image = getattr(data, name)()
    image = image.astype(np.uint8) * 255 if image.dtype == bool else image
    image = np.repeat(image[..., None], 3, 2) if image.ndim == 2 else image
    return np.ascontiguousarray(image[..., :3])


if __name__ == '__main__':
    run_tool(main)
