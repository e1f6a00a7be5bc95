"""What `FaceParser` found in one photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import UserError
from ...taxonomy import LabelSpace, get_label_space
from ...utils.atomic import atomic_path
from ...visualization.overlay import class_shares, colour_labels, draw_figure, draw_overlay, format_share
from ..detection import FoundFace
from .merging import merge_classes
from .outlines import coco_annotations
from .saving import check_opacity, check_picture, labels_path, save_picture
from .soft_edges import follow_edges
from .view import View

TOLD = 5  # parts in a line
BLUR = (
    32  # the share of a face, as divisor of its square, over which edges of a matte are sought in the photo
)


@dataclass(frozen=True, eq=False, repr=False)
class FaceParsing:
    """A photo and the class of each of its pixels.

    Attributes:
        image: RGB uint8 (H, W, 3), upright by its EXIF orientation.
        labels: uint8 (H, W), ids of `label_space`; `classes[id]` names them.
        label_space: names and colours of the ids.
        path: the photo's file, where there is one.
        faces: those found in the photo, the largest first; None where nobody looked for faces.
        views: what the network said of each face, or of the whole photo.
        source: (H, W), the number of the face that a pixel was labelled by, 0 where there is none; None where the
            whole photo was shown to the network.
    """

    image: np.ndarray
    labels: np.ndarray
    label_space: LabelSpace
    path: Path | None = None
    faces: tuple[FoundFace, ...] | None = None
    views: tuple[View, ...] = ()
    source: np.ndarray | None = None

    def __repr__(self) -> str:
        height, width = self.labels.shape
        return f'<FaceParsing of {self.path or "a photo"}, {width}x{height} pixels: {self.describe()}>'

    def describe(self) -> str:
        """Return one line for people: how many faces, and the largest parts with their shares of the photo."""
        titles = self.label_space.titles
        shares = sorted(class_shares(self.labels, self.label_space).items(), key=lambda item: -item[1])
        parts = [
            f'{titles[label]} {format_share(share)}'
            for label, share in shares
            if titles[label] != 'background'
        ]
        told = ', '.join(parts[:TOLD]) + (
            f' and {len(parts) - TOLD} smaller parts' if len(parts) > TOLD else ''
        )
        told = told or 'background only'
        if self.faces is None:
            return told
        if not self.faces:
            return 'no face found'
        return f'{len(self.faces)} {"face" if len(self.faces) == 1 else "faces"}: {told}'

    @property
    def classes(self) -> tuple[str, ...]:
        """Identifiers of all classes, in the order of ids: `classes[labels[y, x]]`."""
        return self.label_space.classes

    @property
    def found(self) -> tuple[str, ...]:
        """Identifiers of the classes that occur, in the order of ids."""
        return tuple(self.fractions)

    @property
    def fractions(self) -> dict[str, float]:
        """Share of the photo (0..1) by identifier (`l_eye`), in the order of ids; absent classes are left out."""
        shares = class_shares(self.labels, self.label_space)
        return {self.label_space.classes[label]: share for label, share in shares.items()}

    @property
    def numbers(self) -> np.ndarray:
        """Return uint8 or uint16 (H, W): the number of the face that a pixel is a part of, 0 for none."""
        part = self.labels != self._background
        return part.astype(np.uint8) if self.source is None else np.where(part, self.source, 0)

    def mask(self, *names: str, face: FoundFace | int | None = None) -> np.ndarray:
        """Return bool (H, W): where any of these classes is, given by identifier (`l_eye`) or title ('left eye').

        Args:
            face: of this face alone, or of that with this number; without names, all of it.

        Raises:
            UserError: the label space has no such class, or the photo no such face.
        """
        if face is None:
            return np.isin(self.labels, self._ids(names))
        own = self.numbers == self._face(face).number
        return own & np.isin(self.labels, self._ids(names)) if names else own

    @property
    def probabilities(self) -> np.ndarray:
        """Return float32 (C, H, W) from 0 to 1, their sum 1: of 19 classes, 76 bytes for each pixel.

        Those of the face that a pixel was labelled by. Where no face is near, it is background.

        Raises:
            UserError: the parsing was made of labels alone.
        """
        groups = [[label] for label in range(self.label_space.num_classes)]
        return self._probability(groups)

    def matte(
        self, *names: str, face: FoundFace | int | None = None, follow_photo: bool = True
    ) -> np.ndarray:
        """Return float32 (H, W): how much of each pixel is of these classes, 0 to 1, for changes with soft edges.

        Names, face and errors are those of `mask`.

        Args:
            follow_photo: draw the edges along those of the photo, which shows strands that are finer than what the
                network sees. If not, these are the probabilities.

        Raises:
            UserError: the parsing was made of labels alone.
        """
        [result] = self._probability([self._ids(names)])
        if follow_photo:
            result = self._along_edges(result)
        if face is not None:
            number = self._face(face).number
            result *= number == 1 if self.source is None else self.source == number
        return result

    def _along_edges(self, matte: np.ndarray) -> np.ndarray:
        result = matte.copy()
        for number, view in enumerate(self.views, start=1):
            rows, columns = region = view.region(matte.shape)
            side = view.square.side if view.square else min(matte.shape)
            if (radius := round(side / BLUR)) > 0:
                sharp = follow_edges(self.image[rows, columns], matte[region], radius)
                np.copyto(result[region], sharp, where=self.source is None or self.source[region] == number)
        return result

    def _probability(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """Return float32 (len(groups), H, W): of each group of classes, by the view that labelled the pixel."""
        if not self.views and self.faces != ():
            raise UserError('there are no probabilities: this parsing was made of labels alone')
        result = np.zeros((len(groups), *self.labels.shape), np.float32)
        result[[self._background in group for group in groups]] = 1
        for number, view in enumerate(self.views, start=1):
            rows, columns = region = view.region(self.labels.shape)
            own = True if self.source is None else self.source[region] == number
            np.copyto(result[:, rows, columns], view.canvas().probability(region, groups), where=own)
        return result

    def crop(self, face: FoundFace | int = 1, size: int | None = None) -> FaceParsing:
        """Return the parsing of the upright square around a face, as CelebA-HQ cuts it.

        Args:
            face: one of `faces`, or its number.
            size: of the sides in pixels; by default as large as in the photo, at most 1024.

        Raises:
            UserError: the photo has no such face; the parsing was made of labels alone.
        """
        face = self._face(face)
        if not self.views:
            raise UserError('a face cannot be cut out: this parsing was made of labels alone')
        image = face.square.cut(self.image, size)
        view = self.views[0 if self.source is None else face.number - 1]
        view = view.seen_through(face.square.matrix(len(image)))
        whole = slice(0, len(image)), slice(0, len(image))
        return replace(
            self, image=image, labels=view.canvas().labels(whole), faces=None, views=(view,), source=None
        )

    def merged(self, **groups: str | Sequence[str]) -> FaceParsing:
        """Return the parsing in fewer classes: `face.merged(eyes=('l_eye', 'r_eye'), lips=('u_lip', 'l_lip'))`.

        A merged class takes the place and the colour of its first member; all others stay as they are.

        Raises:
            UserError: there is no such class, a class is in two groups, or a name is taken.
        """
        members = {
            name: self._ids([given] if isinstance(given, str) else given) for name, given in groups.items()
        }
        return self._translated(*merge_classes(self.label_space, members))

    def in_label_space(self, name: str) -> FaceParsing:
        """Return the same parsing in the ids of another label space, such as 'celebamask_hq' or 'lapa'.

        Classes match by meaning, left and right by side. What the other space has no class for becomes its
        background: in LaPa's, hair stays hair and a hat is background.

        Raises:
            UserError: there is no label space of that name.
        """
        other = get_label_space(name)
        return self._translated(other, self.label_space.remap_to(other, unmatched=other.index('background')))

    def _translated(self, space: LabelSpace, lut: np.ndarray) -> FaceParsing:
        """Apply uint8[256] to the labels, and add the probabilities of classes that become one."""
        groups = [
            [old for old in range(self.label_space.num_classes) if lut[old] == new]
            for new in range(space.num_classes)
        ]
        views = tuple(view.merged(groups) for view in self.views)
        return replace(self, labels=lut[self.labels], label_space=space, views=views)

    def overlay(self, opacity: float = 0.5) -> np.ndarray:
        """Return the photo tinted by class, RGB uint8 (H, W, 3); `opacity` between 0 (photo) and 1 (colours).

        Raises:
            UserError: the opacity is not between 0 and 1.
        """
        extent = max((face.square.side for face in self.faces or ()), default=max(self.labels.shape))
        return draw_overlay(self.image, self.labels, self.label_space, check_opacity(opacity), extent=extent)

    def coloured(self) -> np.ndarray:
        """Return the colours alone, RGB uint8 (H, W, 3)."""
        return colour_labels(self.labels, self.label_space)

    def cutout(self, *names: str, face: FoundFace | int | None = None, soft: bool = True) -> Image.Image:
        """Return the photo as RGBA picture, transparent but for these classes; arguments are those of `mask`.

        Args:
            soft: with the edges of `matte`, instead of those of `mask`. Without names, the edges are hard.
        """
        alpha = self.matte(*names, face=face) if soft and names else self.mask(*names, face=face)
        return Image.fromarray(np.dstack([self.image, np.rint(alpha * 255.0).astype(np.uint8)]))

    def palette_image(self) -> Image.Image:
        """Return the ids as picture with a palette (mode P): viewers show colours, `numpy.asarray` gives ids."""
        picture = Image.fromarray(self.labels)
        picture.putpalette(np.array(self.label_space.palette, np.uint8).tobytes())
        return picture

    def to_coco(self, image_id: int = 1) -> dict[str, Any]:
        """Return the parts as polygons in COCO's format: a dict for `json.dump`, see `coco_annotations`."""
        return coco_annotations(
            self.labels, self.numbers, self.label_space, self._background, self.path, image_id
        )

    def figure(self, opacity: float = 0.5) -> Image.Image:
        """Return the overlay with a legend of the classes found, its longer side 640 to 2048 pixels.

        Raises:
            UserError: the opacity is not between 0 and 1.
        """
        return draw_figure(self.image, self.labels, self.label_space, check_opacity(opacity))

    def save(self, folder: str | Path = '.', opacity: float = 0.5, legend: bool = False) -> tuple[Path, Path]:
        """`save_as` under the photo's name: `<folder>/<photo>_faces.jpg` and `<photo>_faces_labels.png`."""
        stem = self.path.stem if self.path else 'photo'
        return self.save_as(Path(folder, f'{stem}_faces.jpg'), opacity, legend)

    def save_as(self, picture: str | Path, opacity: float = 0.5, legend: bool = False) -> tuple[Path, Path]:
        """Write the overlay to `picture` and, beside it, the ids as a grey PNG `<picture>_labels.png`.

        Args:
            legend: write `figure` instead of the overlay.

        Raises:
            UserError: the opacity is not between 0 and 1, or the format of `picture` is not known.
        """
        picture = check_picture(picture)
        labels = labels_path(picture)
        save_picture(self.figure(opacity) if legend else Image.fromarray(self.overlay(opacity)), picture)
        with atomic_path(labels) as temporary:
            Image.fromarray(self.labels).save(temporary)
        return picture, labels

    @property
    def _background(self) -> int:
        titles = self.label_space.titles
        return titles.index('background') if 'background' in titles else 0

    def _ids(self, names: Sequence[str]) -> list[int]:
        titles = self.label_space.titles
        return [titles.index(n) if n in titles else self.label_space.index(n) for n in names]

    def _face(self, face: FoundFace | int) -> FoundFace:
        faces = self.faces or ()
        number = face if isinstance(face, int) else face.number
        if not 1 <= number <= len(faces):
            known = f'numbers 1 to {len(faces)}' if faces else 'no faces'
            raise UserError(f'there is no face {number} in this parsing: it has {known}')
        return faces[number - 1]
