"""How many faces are found: portraits put into photos of 1600x1200, small, dark, at angles, and photos without a face.

    python benchmarks/finding_faces.py DATA_ROOT

DATA_ROOT has `CelebA-HQ-img/<n>.jpg`. A face counts as found when its five points are, on average, nearer to those of
the portrait than a quarter of their extent. Takes five minutes on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.detection import CenterFace, faces_of
from mmseg_facenext.utils.read_image import read_image
from mmseg_facenext.utils.text_table import text_table

SIZE = 1600, 1200
DARK = 1 / 7
# name -> height of the face in pixels, angles, brightness
SCENES = {
    '30 pixels': (30, (0,), 1),
    '40 pixels': (40, (0,), 1),
    '60 pixels': (60, (0,), 1),
    '100 pixels': (100, (0,), 1),
    '200 pixels': (200, (0,), 1),
    '40 pixels, dark': (40, (0,), DARK),
    '60 pixels, dark': (60, (0,), DARK),
    '50 pixels, 12 angles': (50, range(0, 360, 30), 1),
    '100 pixels, 6 angles': (100, range(0, 360, 60), 1),
}
FACELESS = (
    *('coffee', 'chelsea', 'rocket', 'page', 'coins', 'moon', 'brick', 'grass', 'gravel', 'text', 'horse'),
    *('hubble_deep_field', 'immunohistochemistry', 'retina', 'clock', 'colorwheel', 'checkerboard'),
)  # of scikit-image


def main(argv: Sequence[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data_root')
    args = parser.parse_args(argv)
    files = sorted(Path(args.data_root, 'CelebA-HQ-img').glob('*.jpg'))
    if not files:
        raise UserError(f'{args.data_root}: expected a folder CelebA-HQ-img with .jpg files, found none')
    detector, rng = CenterFace(), np.random.default_rng(0)
    portraits = [read_image(file)[..., ::-1].copy() for file in files]
    faces = [faces_of(detector, portrait)[0] for portrait in portraits]
    rows = []
    for name, (height, angles, brightness) in SCENES.items():
        found, others = 0, 0
        for (portrait, face), angle in product(zip(portraits, faces, strict=True), angles):
            photo, points = scene(portrait, face, height, angle, brightness, rng)
            near = [is_near(each.points, points) for each in faces_of(detector, photo)]
            found += any(near)
            others += len(near) - any(near)
        rows.append([name, f'{found} of {len(faces) * len(angles)}', str(others)])
        print(*rows[-1], flush=True)
    wrong = sum(len(faces_of(detector, picture(name))) for name in FACELESS)
    rows.append([f'{len(FACELESS)} photos without a face', '', str(wrong)])
    print(text_table(['scene', 'found', 'others'], rows))


def scene(portrait, face, height: float, angle: float, brightness: float, rng: np.random.Generator):
    """Return a photo (1200, 1600, 3) with a face of that height at a random place, and its points (5, 2)."""
    left, top, right, bottom = face.box
    scale = height / (bottom - top)
    centre = np.array([left + right, top + bottom]) / 2
    matrix = cv2.getRotationMatrix2D(tuple(map(float, centre)), -angle, scale)
    matrix[:, 2] += rng.uniform((250, 250), (1350, 950)) - centre
    photo = cv2.resize(data.coffee(), SIZE, interpolation=cv2.INTER_CUBIC)
    if scale < 1:
        portrait = cv2.GaussianBlur(portrait, (0, 0), max(0.01, 0.4 * (1 / scale - 1)))
    cv2.warpAffine(portrait, matrix, SIZE, dst=photo, borderMode=cv2.BORDER_TRANSPARENT)
    return (photo * brightness).astype(np.uint8), face.points @ matrix[:, :2].T + matrix[:, 2]


def is_near(points: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.abs(points - expected).mean() < np.ptp(expected, axis=0).max() / 4)


def picture(name: str) -> np.ndarray:
    image = getattr(data, name)()
    image = image.astype(np.uint8) * 255 if image.dtype == bool else image
    image = np.repeat(image[..., None], 3, 2) if image.ndim == 2 else image
    return np.ascontiguousarray(image[..., :3])


if __name__ == '__main__':
    run_tool(main)
