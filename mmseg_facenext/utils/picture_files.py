"""The pictures in a folder, by their names without the suffix."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import UserError

PICTURE_SUFFIXES = (
    *('.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.bmp', '.dib', '.tif', '.tiff', '.gif'),
    *('.ppm', '.pgm', '.pbm', '.pnm', '.avif', '.heic', '.heif'),
)
"""In small letters; file names have them in any."""
LEFT_BY_SYSTEMS = ('thumbs.db', 'desktop.ini')


def list_files(folder: str | os.PathLike[str], suffixes: tuple[str, ...], end: str = '') -> dict[str, str]:
    """Map names to the files `<name><end><suffix>` in a folder, sorted; capital letters of a suffix do not matter.

    Hidden files (`._x.jpg`, which macOS leaves) are not looked at. Other files are passed over.

    Raises:
        UserError: the folder cannot be listed, or two files have one name (`x.jpg` and `x.png`).
    """
    found: dict[str, str] = {}
    for file in sorted(visible_files(folder)):
        stem, suffix = os.path.splitext(file)
        if suffix.lower() not in suffixes or not stem.endswith(end):
            continue
        name = stem[: len(stem) - len(end)]
        if name in found:
            raise UserError(
                f'{found[name]} and {file} in {folder} have one name: remove or rename one of them'
            )
        found[name] = file
    return found


def visible_files(folder: str | os.PathLike[str]) -> list[str]:
    """Return the names of the files in a folder, without hidden ones and what file managers leave.

    Raises:
        UserError: the folder cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return [
                entry.name
                for entry in entries
                if not entry.name.startswith('.')
                and entry.name.lower() not in LEFT_BY_SYSTEMS
                and entry.is_file()
            ]
    except OSError as error:
        raise UserError(f'cannot list {Path(folder)}: {error.strerror}') from None
