"""Find the files of CelebAMask-HQ in its two layouts, with one listing per folder.

raw     CelebA-HQ-img/<n>.jpg  CelebAMask-HQ-mask-anno/<n // 2000>/<n:05d>_<part>.png
merged  CelebA-HQ-img/<n>.jpg  CelebA-HQ-mask/<n>.png
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...errors import UserError
from ...taxonomy import CELEBAMASK_HQ
from ...utils.picture_files import list_files
from ..listing import list_photos

IMAGE_FOLDER = 'CelebA-HQ-img'
PART_FOLDER = 'CelebAMask-HQ-mask-anno'
LABEL_FOLDER = 'CelebA-HQ-mask'
LABEL_SPACE_FILE = 'label_space.txt'
"""In the folder of merged label maps: the name of their label space; without it, the data set's own."""

IMAGES_PER_FOLDER = 2000
PARTS = CELEBAMASK_HQ.classes[1:]
_BIT_OF_FILE_END = {f'{part}.png': 1 << bit for bit, part in enumerate(PARTS)}


def by_id(files: Mapping[str, str], folder: Path) -> dict[int, str]:
    """Map image ids to files, from names to files; names that are no numbers are ignored.

    Raises:
        UserError: two files have one id (`7.jpg` and `007.jpg`).
    """
    found: dict[int, str] = {}
    for stem, name in files.items():
        if stem.isdecimal() and (other := found.setdefault(int(stem), name)) != name:
            raise UserError(
                f'{other} and {name} in {folder} are both image {int(stem)}: remove or rename one'
            )
    return found


def list_images(folder: Path) -> dict[int, str]:
    """Map image ids to the pictures `<id>.<suffix>` in a folder.

    Raises:
        UserError: the folder cannot be listed, or two files have one id.
    """
    return by_id(list_photos(folder), folder)


def list_label_maps(folder: Path) -> dict[int, str]:
    """Map image ids to the files `<id>.png` in a folder; errors as of `list_images`."""
    return by_id(list_files(folder, ('.png',)), folder)


def list_parts(folder: Path, ids: Iterable[int]) -> dict[int, int]:
    """Map image ids to their part masks, one bit per part of `PARTS`; ids without masks are absent.

    Only the sub-folders that the ids live in are listed.

    Raises:
        UserError: a folder cannot be listed.
    """
    wanted = set(ids)
    found: dict[int, int] = {}
    for number in sorted({image_id // IMAGES_PER_FOLDER for image_id in wanted}):
        if not (folder / str(number)).is_dir():
            continue
        for name in _names(folder / str(number)):
            stem, _, end = name.partition('_')
            bit = _BIT_OF_FILE_END.get(end)
            if bit and len(stem) == 5 and stem.isdecimal() and int(stem) in wanted:
                found[int(stem)] = found.get(int(stem), 0) | bit
    return found


def part_paths(folder: str | Path, image_id: int, parts: int) -> dict[str, str]:
    """Map part names to mask files, for the parts whose bit is set."""
    start = os.path.join(folder, str(image_id // IMAGES_PER_FOLDER), f'{image_id:05d}_')
    return {part: f'{start}{part}.png' for bit, part in enumerate(PARTS) if parts >> bit & 1}


def where_to_look(root: Path) -> str:
    """Say where the data set is if it lies one level above or below the root, the most common mistake."""
    below = sorted(child for child in root.iterdir() if child.is_dir()) if root.is_dir() else []
    for near in (root.parent, *below):
        if (near / IMAGE_FOLDER).is_dir():
            return f'found {near / IMAGE_FOLDER}, so the root to give is {near}'
    return 'give the root of the unpacked CelebAMask-HQ (docs/data.md tells how to get it)'


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        raise UserError(f'cannot list {folder}: {error.strerror}') from None
