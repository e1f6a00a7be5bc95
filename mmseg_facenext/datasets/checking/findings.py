"""What is wrong with a data set, from the facts of its photos."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...taxonomy import IGNORE, LABEL_SPACES, flip_ids
from .layouts import Layout
from .looking import Facts

NEAR = 4
"""Bits of 64 in which the hashes of near duplicates may differ."""
NEAR_OF_256 = 60
"""The same of their finer hashes: aligned faces of several people may share the coarse one."""
FLAT = ('0' * 16, '8' + '0' * 15)
"""Hashes of pictures of one colour, which are not duplicates of each other."""
BLOCK = 1024


@dataclass
class Findings:
    """Attributes:
    errors: texts by kind; training would fail, or learn something wrong. warnings: likewise, worth a look.
    excluded: photo (path from the root) to the reason to leave it out.
    suspects: photos to show, with what is strange about each.
    tables: for people and for JSON.
    """

    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    suspects: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)


def find(layout: Layout, facts: Sequence[Facts]) -> Findings:
    """Return all that is wrong."""
    found = Findings()
    split_of = {entry.photo: entry.split for entry in layout.entries}
    if layout.problems:
        found.errors['missing files, or two of one name'] = layout.problems
    if layout.extra:
        found.warnings['files that belong to nothing'] = layout.extra
    broken = {each['photo']: each['problem'] for each in facts if 'problem' in each}
    if broken:
        found.errors['files that cannot be used'] = list(broken.values())
        found.excluded |= broken
    whole = sorted((each for each in facts if 'pixels' in each), key=lambda each: each['photo'])
    _sizes(found, whole)
    _classes(found, layout, whole)
    _overlaps(found, layout, whole)
    _sides(found, layout, whole)
    _order(found, layout, whole)
    _duplicates(found, whole, split_of)
    return found


def _sizes(found: Findings, facts: Sequence[Facts]) -> None:
    for key in ('size', 'label_size'):
        counts = Counter('x'.join(map(str, each[key])) for each in facts)
        found.tables[f'{key}s'] = dict(counts.most_common(12))
    small = [each['photo'] for each in facts if min(each['size']) < 64]
    if small:
        found.warnings['photos of less than 64 pixels'] = small


def _classes(found: Findings, layout: Layout, facts: Sequence[Facts]) -> None:
    pixels: Counter[int] = Counter()
    images: Counter[int] = Counter()
    for each in facts:
        pixels.update({int(label): count for label, count in each['pixels'].items()})
        images.update(int(label) for label in each['pixels'])
    total = max(1, sum(pixels.values()))
    found.tables['classes'] = [
        {
            'id': label,
            'name': name,
            'pixels': pixels[label],
            'share': pixels[label] / total,
            'images': images[label],
        }
        for label, name in enumerate(layout.space.classes)
    ]
    found.tables['ignored_pixels'] = pixels[IGNORE]
    if empty := [name for label, name in enumerate(layout.space.classes) if not images[label]]:
        found.warnings['classes that no photo has'] = empty
    alone = [each['photo'] for each in facts if len(each['pixels'].keys() - {str(IGNORE)}) < 2]
    if alone:
        found.warnings['photos with one class only'] = alone
        found.suspects |= dict.fromkeys(alone[:6], 'one class only')
    nothing = [
        each['photo'] for each in facts if each['pixels'].keys() <= {'0', str(IGNORE)} and pixels[IGNORE]
    ]
    if facts and len(nothing) == len(facts):
        found.errors['masks of 0 and 255'] = [
            '255 means "not counted", so that nothing would be learnt: write 0 and 1'
        ]


def _overlaps(found: Findings, layout: Layout, facts: Sequence[Facts]) -> None:
    pixels: Counter[str] = Counter()
    for each in facts:
        pixels.update(each.get('overlaps') or {})
    found.tables['overlaps'] = [
        {'below': pair.partition('<')[0], 'above': pair.partition('<')[2], 'pixels': number}
        for pair, number in pixels.most_common(30)
    ]


def _sides(found: Findings, layout: Layout, facts: Sequence[Facts]) -> None:
    """Suspect photos of which every pair lies the other way round than in most photos."""
    metainfo: dict[str, Any] = {'classes': layout.space.classes, 'label_space': layout.space.name}
    if layout.flip_pairs:
        metainfo['flip_pairs'] = layout.flip_pairs
    pairs = [
        (own, other) for own, other in enumerate(flip_ids(metainfo)) if other is not None and own < other
    ]
    signs: dict[tuple[int, int], dict[str, bool]] = defaultdict(dict)
    for each in facts:
        for own, other in pairs:
            if str(own) in each['middles'] and str(other) in each['middles']:
                signs[own, other][each['photo']] = (
                    each['middles'][str(own)][0] > each['middles'][str(other)][0]
                )
    crossed: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for (own, other), sides in signs.items():
        usual = sum(sides.values()) * 2 >= len(sides)
        if layout.space.name in LABEL_SPACES and len(sides) > 3:
            right = layout.space.sides == 'subject'
            if usual != right:
                names = f'{layout.space.classes[own]} and {layout.space.classes[other]}'
                found.errors.setdefault('left and right', []).append(
                    f'{names} lie the wrong way round in '
                    f'{np.mean([side != right for side in sides.values()]):.0%} of the photos; '
                    f'"left" is that of the {layout.space.sides}'
                )
        for photo, side in sides.items():
            seen[photo] += 1
            crossed[photo] += side != usual
    wrong = [
        photo for photo, number in crossed.items() if number and number * 2 > seen[photo] and len(facts) > 3
    ]
    if wrong:
        found.warnings['left and right look swapped'] = wrong
        found.suspects |= dict.fromkeys(wrong[:12], 'left and right swapped?')


def _order(found: Findings, layout: Layout, facts: Sequence[Facts]) -> None:
    """Whether the classes lie where parts of a face lie, for label spaces that are known."""
    if layout.space.name not in LABEL_SPACES:
        return
    from .order import broken_rules

    shown = [
        {
            title: (*each['middles'][str(label)], each['pixels'][str(label)])
            for label, title in enumerate(layout.space.titles)
            if str(label) in each['middles'] and str(label) in each['pixels'] and title != 'background'
        }
        for each in facts
    ]
    rules = broken_rules(shown)
    if len(rules) > 1:
        assumed = f'taken to be {layout.space.name!r}' + (', which nothing says' if layout.assumed else '')
        found.errors['order of the classes'] = [f'{assumed}: {rule}' for rule in rules]


def _duplicates(found: Findings, facts: Sequence[Facts], split_of: dict[str, str]) -> None:
    by_sha: dict[str, list[str]] = defaultdict(list)
    for each in facts:
        by_sha[each['sha']].append(each['photo'])
    same = [photos for photos in by_sha.values() if len(photos) > 1]
    near = near_duplicates([each['photo'] for each in facts], [each['hash'] for each in facts])
    exact = {(a, b) for photos in same for a in photos for b in photos}
    fine = {each['photo']: int(each['fine'], 16) for each in facts}
    near = [
        pair
        for pair in near
        if pair[:2] not in exact and (fine[pair[0]] ^ fine[pair[1]]).bit_count() <= NEAR_OF_256
    ]
    across, within = [], []
    for kind, pairs in (
        ('the same file', [(photos[0], other) for photos in same for other in photos[1:]]),
        ('nearly the same picture', [pair[:2] for pair in near]),
    ):
        for one, other in pairs:
            splits = {split_of.get(one, ''), split_of.get(other, '')}
            text = f'{one} and {other}: {kind}'
            if len(splits) > 1 and 'train' in splits:
                across.append(f'{text}, in {" and ".join(sorted(splits))}')
                learnt = one if split_of.get(one) == 'train' else other
                found.excluded.setdefault(learnt, f'{kind} as {other if learnt == one else one}')
                found.suspects.setdefault(one, text)
                found.suspects.setdefault(other, text)
            else:
                within.append(text)
    if across:
        found.errors['duplicates across splits'] = across
    if within:
        found.warnings['duplicates'] = within


def near_duplicates(names: Sequence[str], hashes: Sequence[str]) -> list[tuple[str, str, int]]:
    """Return pairs of names whose hashes differ in a few of their 64 bits, and in how many.

    All pairs are compared: 30,000 photos take seconds.
    """
    kept = [place for place, text in enumerate(hashes) if text not in FLAT]
    codes = np.array([int(hashes[place], 16) for place in kept], np.uint64)
    pairs = []
    for start in range(0, len(codes), BLOCK):
        differing = np.bitwise_count(codes[start : start + BLOCK, None] ^ codes[None, start:])
        for row, column in np.argwhere(differing <= NEAR):
            if column > row:
                one, other = names[kept[start + row]], names[kept[start + column]]
                pairs.append((one, other, int(differing[row, column])))
    return pairs
