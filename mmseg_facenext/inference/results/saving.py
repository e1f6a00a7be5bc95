"""Where pictures and label maps are written."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ...errors import UserError
from ...utils.atomic import atomic_path

WRITTEN_SUFFIXES = ('.png', '.jpg', '.jpeg', '.webp')


def labels_path(picture: Path) -> Path:
    """Return where the label map of a picture is written."""
    return picture.with_name(f'{picture.stem}_labels.png')


def check_opacity(opacity: float) -> float:
    """`opacity`, if it is one.

    Raises:
        UserError: it is not between 0 and 1.
    """
    if not 0 <= opacity <= 1:
        raise UserError(f'opacity must lie between 0 (photo only) and 1 (colours only), got {opacity}')
    return opacity


def check_picture(path: str | Path) -> Path:
    """`path`, if a picture can be written there.

    Raises:
        UserError: it is a folder or below a file, or its suffix names no picture format.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f'{path} is a folder; expected a file to write, such as {path / "faces.png"}')
    if path.suffix.lower() not in WRITTEN_SUFFIXES:
        raise UserError(f'cannot write {path}: expected a name that ends in {", ".join(WRITTEN_SUFFIXES)}')
    parent = next(parent for parent in path.absolute().parents if parent.exists())
    if not parent.is_dir():
        raise UserError(f'cannot write {path}: {parent} is a file, not a folder')
    return path


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture in the format that its suffix names; JPEG and WebP at high quality."""
    with atomic_path(path) as temporary:
        picture.save(temporary, quality=92)
