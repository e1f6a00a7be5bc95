"""Make one class of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import UserError
from ...taxonomy import IGNORE, LabelSpace


def merge_classes(space: LabelSpace, groups: Mapping[str, Sequence[int]]) -> tuple[LabelSpace, np.ndarray]:
    """Return a label space in which each group of ids is one class, and uint8[256] from the old ids to its own.

    A group has the place and the colour of its first member.

    Raises:
        UserError: a class is in two groups or a group is empty; the name of a group is that of another class.
    """
    name_of = {label: name for name, members in groups.items() for label in members}
    if len(name_of) < sum(map(len, groups.values())) or not all(groups.values()):
        raise UserError(f'each class goes into one group, and each group needs a class; got {dict(groups)}')
    others = {name for label, name in enumerate(space.classes) if label not in name_of}
    if taken := others & groups.keys():
        raise UserError(f'there is a class {", ".join(sorted(taken))} already: give the group another name')
    kept = [
        label for label in range(space.num_classes) if label == groups.get(name_of.get(label, ''), [label])[0]
    ]
    lut = np.full(256, IGNORE, np.uint8)
    for label in range(space.num_classes):
        lut[label] = kept.index(groups[name_of[label]][0] if label in name_of else label)
    merged = LabelSpace(
        name=f'{space.name}, merged',
        classes=tuple(name_of.get(label, space.classes[label]) for label in kept),
        titles=tuple(name_of.get(label, space.titles[label]) for label in kept),
        palette=tuple(space.palette[label] for label in kept),
        sides=space.sides,
    )
    return merged, lut
