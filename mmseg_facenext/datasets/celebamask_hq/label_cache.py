"""Cache merged label maps on disk, so that part masks are merged once and not in every epoch.

A cached map is a PNG that carries a fingerprint of what it was painted from: the painting order and each
mask's part, size and time of change. Whenever the fingerprint differs (masks edited, added, removed or
copied anew) or the file is damaged, the map is painted again. Files appear by `os.replace`, so any number of
workers and ranks may share a folder: each finds a complete file or none.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from ...errors import UserError
from ...utils.atomic import atomic_path
from ...utils.read_image import open_image
from .part_masks import merge_part_masks

_KEY = 'painted-from'


def fingerprint(parts: Mapping[str, str], order: Sequence[str]) -> str:
    """Return a hash of the masks (part, size, time of change) and of the painting order; one `stat` per mask.

    Raises:
        UserError: a mask file is missing.
    """
    facts = [' '.join(order)]
    for part, path in parts.items():
        try:
            status = os.stat(path)
        except FileNotFoundError:
            raise UserError(f'part mask not found: {path}; it was there when the folder was listed') from None
        facts.append(f'{part} {status.st_size} {status.st_mtime_ns}')
    return hashlib.sha1('\n'.join(facts).encode(), usedforsecurity=False).hexdigest()


def read_cached(path: Path, wanted: str) -> np.ndarray | None:
    """Read a cached label map, uint8 (H, W); None if it is missing, damaged or made from other masks."""
    if not path.is_file():
        return None
    try:
        with open_image(path) as image:
            if image.info.get(_KEY) != wanted or image.mode != 'L':
                return None
            return np.array(image)
    except UserError:
        return None  # damaged: whoever asks paints it again


def is_foreign(path: Path) -> bool:
    """Tell whether somebody else wrote the file, so that it must not be replaced."""
    if not path.is_file():
        return False
    try:
        with open_image(path) as image:
            return _KEY not in image.info
    except UserError:
        return True


def write_cached(path: Path, labels: np.ndarray, source: str) -> None:
    """Write a label map with the hash of its masks; on failure no file is left.

    Raises:
        OSError: the folder cannot be written, the disk is full.
    """
    text = PngImagePlugin.PngInfo()
    text.add_text(_KEY, source)
    with atomic_path(path) as temporary:
        Image.fromarray(labels).save(temporary, format='PNG', pnginfo=text)


def merge_into(
    path: Path,
    parts: Mapping[str, str],
    order: Sequence[str],
    name: str,
    on_write_error: Callable[[OSError], None],
) -> np.ndarray:
    """Return the merged label map of one photo: read from the cache if it is up to date, else merged and written.

    Args:
        path: the cached file.
        parts, order, name: see `merge_part_masks`.
        on_write_error: told when the map cannot be written; the map is returned all the same.

    Raises:
        UserError: see `merge_part_masks`.
    """
    source = fingerprint(parts, order)
    labels = read_cached(path, source)
    if labels is not None:
        return labels
    labels = merge_part_masks(parts, order, name)
    try:
        write_cached(path, labels, source)
    except OSError as error:
        on_write_error(error)
    return labels
