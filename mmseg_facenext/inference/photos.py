"""Find the photos in folders, and choose where the results of each go."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..utils.picture_files import PICTURE_SUFFIXES
from .results.saving import check_picture, labels_path

RESULT = '_faces'
_LABEL_MAP = re.compile(r'(.+)_(?:labels?|mask)\.png', re.IGNORECASE)


@dataclass(frozen=True)
class PhotoFile:
    """A photo that was named, or found in a folder that was named.

    Attributes:
        path: its file.
        folder: the folder that was named, None for a photo that was.
    """

    path: Path
    folder: Path | None = None


def find_photos(paths: Sequence[str]) -> list[Path]:
    """Return the files of `photo_files`."""
    return [photo.path for photo in photo_files(paths)]


def photo_files(paths: Sequence[str]) -> list[PhotoFile]:
    """Return the photos that are meant: files as they are, folders by the pictures in them and in their subfolders.

    Left out of a folder: hidden files and folders; label maps that have their photo beside them
    (`<photo>_label.png`, `_labels` or `_mask`; `<photo>_image.jpg` is such a photo, too, as in Helen); and what
    `FaceParsing.save` wrote. A photo that is met twice is taken once.

    Raises:
        UserError: something is missing, or a folder holds no picture.
    """
    found: dict[Path, PhotoFile] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            if not path.exists():
                raise UserError(f'image not found: {path}')
            found.setdefault(path.resolve(), PhotoFile(path))
            continue
        inside = _photos_below(path)
        if not inside:
            raise UserError(f'no pictures in {path}: looked for {", ".join(PICTURE_SUFFIXES)}')
        for file in inside:
            found.setdefault(file.resolve(), PhotoFile(file, path))
    return list(found.values())


def _photos_below(top: Path) -> list[Path]:
    photos: list[Path] = []
    for folder, subfolders, files in os.walk(top):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith('.'))
        pictures = [
            Path(folder, name)
            for name in sorted(files)
            if Path(name).suffix.lower() in PICTURE_SUFFIXES and not name.startswith('.')
        ]
        names = {name for file in pictures for name in (file.stem, file.stem.removesuffix('_image'))}
        photos += [file for file in pictures if not (_is_label_map(file, names) or _is_result(file))]
    return photos


def _is_label_map(file: Path, names: set[str]) -> bool:
    found = _LABEL_MAP.fullmatch(file.name)
    return found is not None and found[1] in names


def _is_result(file: Path) -> bool:
    """Tell whether `FaceParsing.save` wrote it: its pictures have their label map beside them."""
    return file.name.endswith(f'{RESULT}_labels.png') or (
        file.stem.endswith(RESULT) and labels_path(file).exists()
    )


def choose_targets(
    photos: Sequence[PhotoFile], out_file: str | None = None, out_dir: str | None = None
) -> dict[Path, Path]:
    """Return for each photo the picture to write of it, `<out_dir>/<photo>_faces.jpg`.

    Photos of a folder keep their subfolders. Of photos of one name that differ in their suffix, such as `me.jpg` and
    `me.png`, the pictures are `me.jpg_faces.jpg` and `me.png_faces.jpg`.

    Args:
        out_file: the picture of a single photo.
        out_dir: by default the current folder for photos that were named, and `<folder>_faces` in the current folder
            for those of a folder.

    Raises:
        UserError: a picture or its label map would overwrite a photo or another picture, or cannot be written.
    """
    if out_file and len(photos) > 1:
        raise UserError(f'--out-file names one picture, but there are {len(photos)} photos; use --out-dir')
    places = [_folder_of_results(photo, out_dir) / photo.path.name for photo in photos]
    stems = Counter(place.with_suffix('') for place in places)
    targets = {}
    originals = {photo.path.resolve() for photo in photos}
    for photo, place in zip(photos, places, strict=True):
        stem = place.stem if stems[place.with_suffix('')] == 1 else place.name
        target = Path(out_file) if out_file else place.with_name(f'{stem}{RESULT}.jpg')
        for file in (target, labels_path(target)):
            if check_picture(file).resolve() in originals:
                raise UserError(
                    f'{file} would overwrite the photo of that name; choose another --out-file or --out-dir'
                )
        targets[photo.path] = target
    for target, times in Counter(targets.values()).items():
        if times > 1:
            raise UserError(f'{times} photos have the same name: their pictures would all be {target}')
    return targets


def _folder_of_results(photo: PhotoFile, out_dir: str | None) -> Path:
    if photo.folder is None:
        return Path(out_dir or '.')
    below = photo.path.parent.relative_to(photo.folder)
    return Path(out_dir or f'{photo.folder.resolve().name}{RESULT}', below)


def is_done(target: Path) -> bool:
    """Tell whether picture and label map have been written."""
    return target.exists() and labels_path(target).exists()
