"""Photos as people have them: files, Pillow images, arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image, ImageOps

from ..errors import UserError
from ..utils.read_image import read_image
from .face_parsing import labels_path

Photo = str | os.PathLike[str] | Image.Image | np.ndarray

PHOTO_SUFFIXES = ('.jpg', '.jpeg', '.png', '.webp', '.bmp', '.tif', '.tiff')
_DECODING = (
    Lock()
)  # Pillow decodes an opened file when it is first used, which two threads must not do at once
_LABEL_MAP = re.compile(r'(.+)_(?:labels?|mask)\.png', re.IGNORECASE)


def read_photo(photo: Photo) -> tuple[Path | None, np.ndarray]:
    """Its path, if it is a file, and its pixels as RGB uint8 (H, W, 3), upright by the EXIF orientation.

    Raises:
        UserError: the file or the array is no photo.
    """
    if isinstance(photo, np.ndarray):
        return None, _from_array(photo)
    if isinstance(photo, Image.Image):
        return None, _from_pillow(photo)
    return Path(photo), np.ascontiguousarray(read_image(photo)[..., ::-1])


def _from_array(photo: np.ndarray) -> np.ndarray:
    grey = photo.ndim == 2 or (photo.ndim == 3 and photo.shape[2] == 1)
    coloured = photo.ndim == 3 and photo.shape[2] in (3, 4)
    if photo.dtype != np.uint8 or not photo.size or not (grey or coloured):
        raise UserError(
            f'expected a photo as uint8 array (H, W, 3) in RGB order, got {photo.dtype} {photo.shape}'
        )
    if grey:
        return np.repeat(photo.reshape(*photo.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(photo[..., :3])


def _from_pillow(photo: Image.Image) -> np.ndarray:
    if photo.mode == 'F' or photo.mode.startswith('I'):
        raise UserError(f'expected a photo with 8 bits per channel, got a Pillow image of mode {photo.mode}')
    try:
        with _DECODING:
            return np.array(ImageOps.exif_transpose(photo).convert('RGB'))
    except OSError as error:
        raise UserError(f'the Pillow image is truncated or damaged: {error}') from error


def find_photos(paths: Sequence[str]) -> list[Path]:
    """The photos that are meant: files as they are, folders by the pictures directly in them.

    Left out of a folder: label maps that have their photo beside them (`<photo>_label.png`, `_labels` or `_mask`;
    `<photo>_image.jpg` is such a photo, too, as in Helen), and what `FaceParsing.save` wrote.

    Raises:
        UserError: something is missing, or a folder holds no picture.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            if not path.exists():
                raise UserError(f'image not found: {path}')
            found.append(path)
            continue
        inside = _photos_in(path)
        if not inside:
            raise UserError(f'no pictures in {path}: looked for {", ".join(PHOTO_SUFFIXES)}')
        found.extend(inside)
    return found


def _photos_in(folder: Path) -> list[Path]:
    pictures = sorted(file for file in folder.iterdir() if file.suffix.lower() in PHOTO_SUFFIXES)
    names = {name for file in pictures for name in (file.stem, file.stem.removesuffix('_image'))}
    return [file for file in pictures if not (_is_label_map(file, names) or _is_result(file))]


def _is_label_map(file: Path, names: set[str]) -> bool:
    found = _LABEL_MAP.fullmatch(file.name)
    return found is not None and found[1] in names


def _is_result(file: Path) -> bool:
    """Whether `FaceParsing.save` wrote it: its pictures have their label map beside them."""
    return file.name.endswith('_faces_labels.png') or (
        file.stem.endswith('_faces') and labels_path(file).exists()
    )
