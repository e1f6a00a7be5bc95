"""Whether two lists of class names mean the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..taxonomy import find_label_space

_SHOWN = 3
# As SegNeXt-FaceParser's data set, and so every checkpoint of it, writes the first class.
_MISSPELT = {'backgound': 'background'}


def trained_classes(meta: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the names in a checkpoint: mmengine keeps them in `dataset_meta`, mmcv 0.x in `CLASSES`."""
    places = [place for place in (meta.get('dataset_meta'), meta) if isinstance(place, Mapping)]
    for classes in (place.get(key) for place in places for key in ('classes', 'CLASSES')):
        if isinstance(classes, list | tuple) and classes and all(isinstance(name, str) for name in classes):
            return tuple(_MISSPELT.get(name, str(name)) for name in classes)
    return None


def class_disagreement(trained: Sequence[str] | None, expected: Sequence[str]) -> str | None:
    """Return how the classes that a checkpoint was trained on differ from `expected`; None where they do not.

    `l_eye` of a known label space and `left eye`, `Left-Eye` and `left eye` are the same. A checkpoint that
    names no classes disagrees with nothing.
    """
    if trained is None:
        return None
    theirs, ours = _titles(trained), _titles(expected)
    if theirs == ours:
        return None
    if sorted(theirs) == sorted(ours):
        kind = f'the same {len(ours)} classes in another order'
    elif len(theirs) != len(ours):
        kind = f'{len(theirs)} classes instead of {len(ours)}'
    else:
        kind = f'{len(theirs)} other classes'
    pairs = enumerate(zip(trained, expected, strict=False))
    differing = [
        f'id {i} is {a} there and {b} here' for i, (a, b) in pairs if theirs[i] != ours[i]
    ]  # fmt: skip
    if not differing:
        return f'{kind}, of which the first {min(len(theirs), len(ours))} are the same'
    more = len(differing) - _SHOWN
    return f'{kind}: {", ".join(differing[:_SHOWN])}' + (f' and {more} more' if more > 0 else '')


def _titles(classes: Sequence[str]) -> tuple[str, ...]:
    space = find_label_space(classes)
    names = space.titles if space else classes
    return tuple(' '.join(name.replace('_', ' ').replace('-', ' ').lower().split()) for name in names)
