"""List the photos of a data set, and say what else is in their folder."""

from __future__ import annotations

import logging
from pathlib import Path

from mmengine.logging import print_log

from ..utils.picture_files import PICTURE_SUFFIXES, list_files, visible_files

SHOWN = 5


def list_photos(folder: Path, end: str = '', others: tuple[str, ...] = ()) -> dict[str, str]:
    """Map names to the photos `<name><end>.<suffix>` in a folder; one warning names what cannot be read as a photo.

    Args:
        others: endings of files that belong there without being photos.

    Raises:
        UserError: the folder cannot be listed, or two photos have one name.
    """
    found = list_files(folder, PICTURE_SUFFIXES, end)
    known = (*PICTURE_SUFFIXES, *others)
    strange = sorted(file for file in visible_files(folder) if not file.lower().endswith(known))
    if strange:
        dots = ', ...' if len(strange) > SHOWN else ''
        print_log(
            f'passed over in {folder}: {len(strange)} files that are no photos ({", ".join(strange[:SHOWN])}{dots}); '
            f'read are {" ".join(PICTURE_SUFFIXES)}',
            'current',
            logging.WARNING,
        )
    return found
