"""Which photos are to train, to validate and to test on."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ...errors import UserError
from .pictures import SPLIT_WORDS
from .shapes import Item


def assign_splits(items: list[Item], split_file: str | None, share: float, seed: int) -> str:
    """Give each item without one a split: from a file, from folders, or drawn; return what was done.

    Args:
        split_file: lines `name split`, or `{split}` in the name of lists for each split.
        share: of the photos that are drawn for validation.

    Raises:
        UserError: the file names no photo, or leaves a split without any.
    """
    if split_file:
        return _splits_from(split_file, items)
    found = {item.split for item in items}
    if None not in found and 'train' in found and len(found) > 1:
        if 'val' not in found:
            for item in items:
                item.split = 'val' if item.split == 'test' else item.split
        return 'splits: by folders'
    if len(items) < 2:
        raise UserError('there is one photo only: two are needed, one to train on and one to validate on')
    order = np.random.default_rng(seed).permutation(len(items))
    number = min(max(1, round(share * len(items))), len(items) - 1)
    for place, index in enumerate(order):
        items[index].split = 'val' if place < number else 'train'
    return f'splits: {number} of {len(items)} photos drawn for validation (seed {seed})'


def _splits_from(split_file: str, items: list[Item]) -> str:
    by_name = {item.name: item for item in items}
    for item in items:
        item.split = None
    files = [(Path(split_file), '')]
    if '{split}' in split_file:
        lists = [(Path(split_file.replace('{split}', split)), split) for split in ('train', 'val', 'test')]
        files = [(path, split) for path, split in lists if path.is_file()]
    strange = []
    for path, split in files:
        if not path.is_file():
            raise UserError(f'no split file {path}')
        for row in csv.reader(path.read_text(encoding='utf-8-sig').splitlines()):
            words = row if len(row) > 1 or split else ' '.join(row).rsplit(None, 1)
            if not words or not ''.join(words).strip():
                continue
            name = Path(words[0].strip())
            named = by_name.get(words[0].strip()) or by_name.get(name.stem)
            wanted = split or SPLIT_WORDS.get(words[-1].strip().lower()) or ''
            if named is None or not wanted:
                strange.append(' '.join(words))
            else:
                named.split = wanted
    if len(strange) > 1:  # one line may be a header
        raise UserError(
            f'{split_file}: {len(strange)} lines name no photo or no split (train, val, test), as {strange[1]!r}'
        )
    left = [item for item in items if item.split is None]
    items[:] = [item for item in items if item.split]
    for split in ('train', 'val'):
        if not any(item.split == split for item in items):
            raise UserError(f'{split_file} gives no photo to {split}')
    return f'splits: from {split_file}' + (
        f' ({len(left)} photos in none of them are left out)' if left else ''
    )
