"""Photographs of things and places, from a folder, that serve as backgrounds and prints."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ....errors import UserError

ENDINGS = ('.jpg', '.jpeg', '.png', '.webp')
SHORT_SIDE = 320


class Photographs:
    """All pictures of a folder and its subfolders, kept small in memory; they should show no people.

    Raises:
        UserError: the folder has no picture that can be read.
    """

    def __init__(self, folder: str | Path):
        paths = sorted(path for path in Path(folder).rglob('*') if path.suffix.lower() in ENDINGS)
        self.pictures = [picture for path in paths if (picture := _read(path)) is not None]
        if not self.pictures:
            raise UserError(f'{folder} has no pictures ({", ".join(ENDINGS)}): name a folder of photographs')

    def crop(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Return a random square of a random picture, float32 RGB in [0, 1] of (size, size, 3)."""
        picture = self.pictures[rng.integers(len(self.pictures))]
        height, width = picture.shape[:2]
        side = rng.uniform(0.3, 1.0) * min(height, width)
        left, top = rng.random(2) * (width - side, height - side)
        zoom, flip = side / size, rng.random() < 0.5
        matrix = np.array([(zoom, 0, left), (0, zoom, top)])
        if flip:
            matrix[0] = -zoom, 0, left + side - 1
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        crop = cv2.warpAffine(picture, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT)
        return crop.astype(np.float32) * np.float32(1 / 255)


def _read(path: Path) -> np.ndarray | None:
    """RGB uint8, or None for a file that is no picture."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    factor = SHORT_SIDE / min(picture.shape[:2])
    if factor < 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture[..., ::-1])
