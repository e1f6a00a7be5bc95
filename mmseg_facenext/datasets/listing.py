"""List the photos of a data set, and say what else is in their folder."""

from __future__ import annotations

import logging
from pathlib import Path

from ..utils.picture_files import PICTURE_SUFFIXES, list_files, visible_files

SHOWN = 5
EXCLUDED = 'excluded.txt'


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
        from mmengine.logging import print_log  # imports PyTorch, which listing files does not need

        dots = ', ...' if len(strange) > SHOWN else ''
        print_log(
            f'passed over in {folder}: {len(strange)} files that are no photos ({", ".join(strange[:SHOWN])}{dots}); '
            f'read are {" ".join(PICTURE_SUFFIXES)}',
            'current',
            logging.WARNING,
        )
    return found


def excluded_photos(root: Path) -> set[str]:
    """Return the photos, by paths from `root`, that `excluded.txt` there names.

    One for each line; what follows a tab is a remark.

    `facenext data check --exclude` writes it; every data set of faces reads it.
    """
    path = root / EXCLUDED
    lines = path.read_text(encoding='utf-8-sig').splitlines() if path.is_file() else []
    return {name for line in lines if (name := line.partition('\t')[0].strip())}
