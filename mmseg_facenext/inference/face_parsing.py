"""What `FaceParser` found in one photo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import UserError
from ..taxonomy import LabelSpace, get_label_space
from ..utils.atomic import atomic_path
from ..visualization.overlay import class_shares, colour_labels, draw_figure, draw_overlay

PICTURE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.webp')


@dataclass(frozen=True, eq=False)
class FaceParsing:
    """A photo and the class of each of its pixels.

    Attributes:
        image: RGB uint8 (H, W, 3), upright.
        labels: uint8 (H, W), ids of `label_space`.
        label_space: names and colours of the ids.
        path: the photo's file, where there is one.
    """

    image: np.ndarray
    labels: np.ndarray
    label_space: LabelSpace
    path: Path | None = None

    @property
    def fractions(self) -> dict[str, float]:
        """Share of the photo (0..1) by identifier (`l_eye`), in the order of ids; absent classes are left out."""
        shares = class_shares(self.labels, self.label_space)
        return {self.label_space.classes[label]: share for label, share in shares.items()}

    @property
    def classes(self) -> tuple[str, ...]:
        """Identifiers of the classes that occur, in the order of ids."""
        return tuple(self.fractions)

    def mask(self, *names: str) -> np.ndarray:
        """Return bool (H, W): where any of these classes is, given by identifier (`l_eye`) or title ('left eye').

        Raises:
            UserError: the label space has no such class.
        """
        return np.isin(self.labels, [self._label(name) for name in names])

    def _label(self, name: str) -> int:
        titles = self.label_space.titles
        return titles.index(name) if name in titles else self.label_space.index(name)

    def in_label_space(self, name: str) -> FaceParsing:
        """Return the same parsing in the ids of another label space, such as 'celebamask_hq' or 'lapa'.

        Classes match by meaning, left and right by side. What the other space has no class for becomes its
        background: in LaPa's, hair stays hair and a hat is background.

        Raises:
            UserError: there is no label space of that name.
        """
        other = get_label_space(name)
        lut = self.label_space.remap_to(other, unmatched=other.index('background'))
        return replace(self, labels=lut[self.labels], label_space=other)

    def overlay(self, opacity: float = 0.5) -> np.ndarray:
        """Return the photo tinted by class, RGB uint8 (H, W, 3); `opacity` between 0 (photo) and 1 (colours).

        Raises:
            UserError: the opacity is not between 0 and 1.
        """
        return draw_overlay(self.image, self.labels, self.label_space, check_opacity(opacity))

    def coloured(self) -> np.ndarray:
        """Return the colours alone, RGB uint8 (H, W, 3)."""
        return colour_labels(self.labels, self.label_space)

    def figure(self, opacity: float = 0.5) -> Image.Image:
        """Return the overlay with a legend of the classes found, its longer side 640 to 2048 pixels.

        Raises:
            UserError: the opacity is not between 0 and 1.
        """
        return draw_figure(self.image, self.labels, self.label_space, check_opacity(opacity))

    def save(self, folder: str | Path = '.', opacity: float = 0.5) -> tuple[Path, Path]:
        """`save_as` under the photo's name: `<folder>/<photo>_faces.png` and `<photo>_faces_labels.png`."""
        stem = self.path.stem if self.path else 'photo'
        return self.save_as(Path(folder, f'{stem}_faces.png'), opacity)

    def save_as(self, picture: str | Path, opacity: float = 0.5) -> tuple[Path, Path]:
        """Write the figure to `picture` and, beside it, the ids as a grey PNG `<picture>_labels.png`.

        Raises:
            UserError: the opacity is not between 0 and 1, or the format of `picture` is not known.
        """
        picture = check_picture(picture)
        labels = labels_path(picture)
        figure = self.figure(opacity)
        with atomic_path(picture) as temporary:
            figure.save(temporary)
        with atomic_path(labels) as temporary:
            Image.fromarray(self.labels).save(temporary)
        return picture, labels


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
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise UserError(f'cannot write {path}: expected a name that ends in {", ".join(PICTURE_SUFFIXES)}')
    parent = next(parent for parent in path.absolute().parents if parent.exists())
    if not parent.is_dir():
        raise UserError(f'cannot write {path}: {parent} is a file, not a folder')
    return path
