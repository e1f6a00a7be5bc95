"""Find the photos in folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from .face_parsing import labels_path

PHOTO_SUFFIXES = ('.jpg', '.jpeg', '.png', '.webp', '.bmp', '.tif', '.tiff')
_LABEL_MAP = re.compile(r'(.+)_(?:labels?|mask)\.png', re.IGNORECASE)


def find_photos(paths: Sequence[str]) -> list[Path]:
    """Return the photos that are meant: files as they are, folders by the pictures directly in them.

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
    """Tell whether `FaceParsing.save` wrote it: its pictures have their label map beside them."""
    return file.name.endswith('_faces_labels.png') or (
        file.stem.endswith('_faces') and labels_path(file).exists()
    )
