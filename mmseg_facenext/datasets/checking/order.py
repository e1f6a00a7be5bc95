"""Whether label maps can be in the order of classes that they are taken to be in.

A label map says nothing about its order. Read in a wrong one, hair becomes a hat and a brow an ear; a model learns
that without a complaint. Where parts of a face lie tells the orders apart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from ...errors import UserError
from ...taxonomy import LABEL_SPACES, LabelSpace
from ...utils.read_image import read_labels

Facts = Mapping[str, tuple[float, float, int]]
"""Title to the middle (x, y) and the number of pixels, of one label map."""
LOOKED_AT = 24
"""Label maps, spread over the data set."""
RARE = ('eyeglasses', 'hat', 'earring', 'necklace')
MOSTLY = 0.6
LEAST = 4
"""As many maps must have both classes of a rule, to say anything."""

# (upper, lower): the middle of the first lies higher in a picture.
ABOVE = (
    ('left brow', 'left eye'), ('right brow', 'right eye'), ('left eye', 'nose'), ('right eye', 'nose'),
    ('nose', 'upper lip'), ('upper lip', 'lower lip'), ('hair', 'skin'), ('skin', 'neck'), ('skin', 'cloth'),
    ('neck', 'cloth'), ('hair', 'neck'),
)  # fmt: skip
SMALLER = (
    ('nose', 'skin'), ('left eye', 'nose'), ('left brow', 'hair'), ('upper lip', 'skin'), ('left ear', 'hair'),
    ('mouth', 'skin'), ('left eye', 'cloth'), ('neck', 'hair'),
)  # fmt: skip


def check_order(files: Sequence[str], space: LabelSpace, said_by: str) -> None:
    """Say which order label maps are taken to be in, and look at some of them.

    Args:
        said_by: what says so; nothing if it is assumed.

    Raises:
        UserError: the order is assumed, the maps contradict it, and they fit another one.
    """
    from mmengine.logging import print_log  # imports PyTorch, which looking at maps does not need

    maps = _some_maps(files)
    found = contradictions(maps, space)
    others = [each for each in _same_classes(space) if len(contradictions(maps, each)) < len(found) / 3]
    source = f'as {said_by} says' if said_by else 'nothing says so, it is the order of the data set itself'
    message = f'label maps are read in the order of classes {space.name!r} ({source})'
    if len(found) < 2:
        print_log(message, 'current')
        return
    message += f', but that cannot be right: {"; ".join(found[:3])}'
    if not said_by and others:
        name = min(others, key=lambda each: len(contradictions(maps, each))).name
        raise UserError(
            f'{message}. They fit {name!r}: set merged_label_space={name!r} in the data set, or write that name into '
            'label_space.txt beside the label maps'
        )
    print_log(message, 'current', logging.WARNING)


def contradictions(maps: Sequence[np.ndarray], space: LabelSpace) -> list[str]:
    """Return what is wrong with label maps (H, W) read in an order of classes, one text for each rule broken."""
    return broken_rules([_facts(labels, space) for labels in maps]) + sides(maps, space)


def broken_rules(facts: Sequence[Facts]) -> list[str]:
    """`contradictions` but for left and right, from the facts of each label map."""
    found = []
    for title in RARE:
        share = np.mean([title in each for each in facts]) if facts else 0.0
        if len(facts) >= LEAST and share > 0.75:
            found.append(f'{share:.0%} of the faces have {title}')
    for upper, lower in ABOVE:
        if _mostly(facts, upper, lower, lambda one, other: one[1] > other[1]):
            found.append(f'{upper} lies below {lower}')
    for small, large in SMALLER:
        if _mostly(facts, small, large, lambda one, other: one[2] > other[2]):
            found.append(f'{small} is larger than {large}')
    return found


def sides(maps: Sequence[np.ndarray], space: LabelSpace) -> list[str]:
    """Return pairs whose left lies on the wrong side in most of the label maps."""
    facts = [_facts(labels, space) for labels in maps]
    found = []
    for title in space.titles:
        other = title.replace('left ', 'right ', 1)
        if title == other or other not in space.titles:
            continue
        # The left of a person that looks at us is at the right of the picture.
        crossed = (lambda a, b: a[0] < b[0]) if space.sides == 'subject' else (lambda a, b: a[0] > b[0])
        if _mostly(facts, title, other, crossed):
            found.append(f'{title} lies where {other} should')
    return found


def _mostly(facts: Sequence[Facts], one: str, other: str, broken: Callable[..., bool]) -> bool:
    both = [(each[one], each[other]) for each in facts if one in each and other in each]
    return len(both) >= LEAST and sum(broken(*pair) for pair in both) > MOSTLY * len(both)


def _facts(labels: np.ndarray, space: LabelSpace) -> Facts:
    counts = np.bincount(labels.ravel(), minlength=256)
    rows, columns = np.indices(labels.shape, dtype=np.float32)
    sums = [np.bincount(labels.ravel(), weights.ravel(), minlength=256) for weights in (columns, rows)]
    return {
        title: (sums[0][label] / counts[label], sums[1][label] / counts[label], int(counts[label]))
        for label, title in enumerate(space.titles)
        if title != 'background' and counts[label]
    }


@cache
def _same_classes(space: LabelSpace) -> tuple[LabelSpace, ...]:
    return tuple(
        other
        for other in LABEL_SPACES.values()
        if other != space and set(other.classes) == set(space.classes)
    )


def _some_maps(files: Sequence[str]) -> list[np.ndarray]:
    """Read some of them, spread over all, at a quarter of their size; damaged ones are found when they are used."""
    step = max(1, len(files) // LOOKED_AT)
    maps = []
    for file in files[::step][:LOOKED_AT]:
        try:
            maps.append(read_labels(file)[::4, ::4])
        except UserError:
            continue
    return maps
