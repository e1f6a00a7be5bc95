"""Define label spaces: ids, names, colours and sides of classes, and translations between them.

Three orders of the same 19 CelebAMask-HQ classes circulate, and LaPa and Helen label 11 classes. A label
map says nothing about its own order, so everything here that reads or writes one names its label space.

`l_lip` is the lower lip and `u_lip` the upper one: lips are no left/right pair. `ear_r` is the earring.

"Left" means the left of the image in Helen (the README of the relabelled release calls id 2 "left brow (viewer
side)") and, by the same class names, in LaPa. In CelebAMask-HQ `l_` is the left of the person, on the right of the
image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import UserError

IGNORE = 255
"""The id of pixels that count neither in the loss nor in the score."""

_COLOURS = {
    'background': (0, 0, 0),
    'skin': (255, 205, 170),
    'nose': (255, 145, 50),
    'eyeglasses': (70, 60, 170),
    'left eye': (20, 100, 255),
    'right eye': (90, 190, 255),
    'left brow': (20, 130, 60),
    'right brow': (120, 215, 90),
    'left ear': (145, 55, 205),
    'right ear': (205, 140, 245),
    'mouth': (110, 0, 40),
    'upper lip': (225, 30, 80),
    'lower lip': (255, 120, 150),
    'hair': (125, 75, 30),
    'hat': (255, 225, 0),
    'earring': (0, 225, 190),
    'necklace': (255, 0, 225),
    'neck': (190, 140, 100),
    'cloth': (100, 120, 145),
}
"""Colour (RGB) of a title: a class looks the same in every order, its other side is a related hue."""


@dataclass(frozen=True)
class LabelSpace:
    """An order of classes; a class's id is its position.

    Attributes:
        name: the key in `LABEL_SPACES`.
        classes: the data set's own identifiers (`l_eye`).
        titles: the same for people, in one vocabulary for all label spaces (`left eye`).
        palette: RGB colours, 0-255.
        sides: whose left is "left": 'subject' (the person in the photo) or 'viewer' (the left of the image).
        merged: name and classes of the groups that papers also score as if each were one class.
    """

    name: str
    classes: tuple[str, ...]
    titles: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    sides: str
    merged: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    @property
    def swaps(self) -> tuple[tuple[int, int], ...]:
        """Return (left id, right id) of every paired class."""
        return tuple(
            (left, self.titles.index(_mirrored(title)))
            for left, title in enumerate(self.titles)
            if title.startswith('left ')
        )

    def index(self, class_name: str) -> int:
        """Return the id of a class given by its identifier.

        Raises:
            UserError: the label space has no such class.
        """
        if class_name not in self.classes:
            raise UserError(
                f'label space {self.name!r} has no class {class_name!r}; it has {", ".join(self.classes)}'
            )
        return self.classes.index(class_name)

    def flip_lut(self) -> np.ndarray:
        """Return uint8[256] to apply to a flipped label map (`lut[labels]`): it swaps left and right."""
        lut = np.arange(256, dtype=np.uint8)
        for left, right in self.swaps:
            lut[[left, right]] = right, left
        return lut

    def remap_to(self, other: LabelSpace, unmatched: int = IGNORE) -> np.ndarray:
        """Return uint8[256] that translates the ids of this space into those of `other` (`lut[labels]`).

        Classes match by meaning: the same part on the same physical side, so where the two spaces disagree
        about whose left is "left", one's left eye becomes the other's right eye. Ids without a counterpart,
        including those that this space does not have, become `unmatched`; 255 stays 255.
        """
        lut = np.full(256, unmatched, dtype=np.uint8)
        lut[IGNORE] = IGNORE
        for label, title in enumerate(self.titles):
            wanted = title if self.sides == other.sides else _mirrored(title)
            if wanted in other.titles:
                lut[label] = other.titles.index(wanted)
        return lut


def _mirrored(title: str) -> str:
    side, _, part = title.partition(' ')
    return {'left': f'right {part}', 'right': f'left {part}'}.get(side, title)


def _label_space(
    name: str,
    sides: str,
    titles: dict[str, str],
    order: str | None = None,
    merged: dict[str, str] | None = None,
) -> LabelSpace:
    """Build a label space from `titles` (identifier to title) in the given order of identifiers."""
    classes = tuple(order.split()) if order else tuple(titles)
    named = tuple(titles[class_name] for class_name in classes)
    groups = tuple((group, tuple(members.split())) for group, members in (merged or {}).items())
    return LabelSpace(name, classes, named, tuple(_COLOURS[title] for title in named), sides, groups)


_CELEBAMASK_TITLES = {
    'background': 'background',
    'skin': 'skin',
    'nose': 'nose',
    'eye_g': 'eyeglasses',
    'l_eye': 'left eye',
    'r_eye': 'right eye',
    'l_brow': 'left brow',
    'r_brow': 'right brow',
    'l_ear': 'left ear',
    'r_ear': 'right ear',
    'mouth': 'mouth',
    'u_lip': 'upper lip',
    'l_lip': 'lower lip',
    'hair': 'hair',
    'hat': 'hat',
    'ear_r': 'earring',
    'neck_l': 'necklace',
    'neck': 'neck',
    'cloth': 'cloth',
}

CELEBAMASK_HQ = _label_space('celebamask_hq', 'subject', _CELEBAMASK_TITLES)
"""The data set's own order, used by SegNeXt-FaceParser; also the order in which it paints its masks."""

CELEBAMASK_HQ_SEGFACE = _label_space(
    'celebamask_hq_segface',
    'subject',
    _CELEBAMASK_TITLES,
    'background neck skin cloth l_ear r_ear l_brow r_brow l_eye r_eye nose mouth l_lip u_lip hair eye_g hat '
    'ear_r neck_l',
)
"""The order of FaRL and SegFace, who also paint the masks in it."""

CELEBAMASK_HQ_BISENET = _label_space(
    'celebamask_hq_bisenet',
    'subject',
    _CELEBAMASK_TITLES,
    'background skin l_brow r_brow l_eye r_eye eye_g l_ear r_ear ear_r nose mouth u_lip l_lip neck neck_l '
    'cloth hair hat',
)
"""The order of the BiSeNet face parsing repositories, who also paint the masks in it."""

LAPA = _label_space(
    'lapa',
    'viewer',
    {
        'background': 'background',
        'skin': 'skin',
        'left_brow': 'left brow',
        'right_brow': 'right brow',
        'left_eye': 'left eye',
        'right_eye': 'right eye',
        'nose': 'nose',
        'upper_lip': 'upper lip',
        'inner_mouth': 'mouth',
        'lower_lip': 'lower lip',
        'hair': 'hair',
    },
)

HELEN = _label_space(
    'helen',
    'viewer',
    {
        'background': 'background',
        'face': 'skin',
        'left_brow': 'left brow',
        'right_brow': 'right brow',
        'left_eye': 'left eye',
        'right_eye': 'right eye',
        'nose': 'nose',
        'upper_lip': 'upper lip',
        'inner_mouth': 'mouth',
        'lower_lip': 'lower lip',
        'hair': 'hair',
    },
    # As SegFace's `inference.py` merges them; "overall" leaves out skin and hair.
    merged={
        'eyes': 'left_eye right_eye',
        'brows': 'left_brow right_brow',
        'mouth': 'upper_lip inner_mouth lower_lip',
        'overall': 'left_eye right_eye left_brow right_brow nose upper_lip inner_mouth lower_lip',
    },
)

LABEL_SPACES = {
    space.name: space for space in (CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE, CELEBAMASK_HQ_BISENET, LAPA, HELEN)
}


def get_label_space(name: str) -> LabelSpace:
    """Return the label space of that name.

    Raises:
        UserError: there is none; the message lists the names.
    """
    if name not in LABEL_SPACES:
        raise UserError(f'unknown label space {name!r}; choose one of {", ".join(LABEL_SPACES)}')
    return LABEL_SPACES[name]


def find_label_space(classes: Iterable[str]) -> LabelSpace | None:
    """Return the label space with exactly these classes in this order, or None."""
    wanted = tuple(classes)
    return next((space for space in LABEL_SPACES.values() if space.classes == wanted), None)


def flip_ids(metainfo: Mapping[str, Any]) -> list[int | None]:
    """Return for each class what mirroring the photo makes of it: its other side, or itself.

    None stands for a class whose other side is not among the classes.

    Args:
        metainfo: of a data set: `classes`, and how they are paired: `flip_pairs` (pairs of names or ids; none with
            an empty list), else the `label_space` that the classes are of, else names (`left_eye` and `right_eye`,
            `l_ear` and `r_ear`).

    Raises:
        UserError: `flip_pairs` names something that is no class, or a class twice.
    """
    classes = list(metainfo['classes'])
    space = LABEL_SPACES.get(metainfo.get('label_space') or '')
    if metainfo.get('flip_pairs') is not None:
        return _paired(classes, metainfo['flip_pairs'])
    if space is not None and set(classes) <= set(space.classes):
        swap = space.flip_lut()
        others = [space.classes[swap[space.index(name)]] for name in classes]
        return [classes.index(other) if other in classes else None for other in others]
    others = [_other_side(name) for name in classes]
    return [classes.index(other) if other in classes else own for own, other in enumerate(others)]


def _paired(classes: list[str], pairs: Sequence[Sequence[str | int]]) -> list[int | None]:
    ids: list[int | None] = list(range(len(classes)))
    for pair in pairs:
        known = [
            classes.index(one)
            if one in classes
            else one
            if type(one) is int and 0 <= one < len(ids)
            else None
            for one in ([] if isinstance(pair, str) else pair)
        ]
        if len(known) != 2 or len(set(known)) != 2 or None in known or any(ids[one] != one for one in known):  # type: ignore[index]
            raise UserError(
                f'flip_pairs: expected pairs of two classes, each class once, of {", ".join(classes)}; got {pair!r}'
            )
        left, right = known
        ids[left], ids[right] = right, left  # type: ignore[index]
    return ids


def _other_side(name: str) -> str:
    """Return `right_eye` for `left_eye`, `eye_r` for `eye_l`; the name itself where it has no side."""
    swap = {'left': 'right', 'right': 'left', 'l': 'r', 'r': 'l'}
    words = re.split(r'([ _-])', name)
    return ''.join(swap.get(word.lower(), word) for word in words)
