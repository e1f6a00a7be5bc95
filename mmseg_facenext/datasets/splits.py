"""Assign images to splits, by the 28,000/2,000 rule or by one of three kinds of split files.

A split file has one of three forms, told apart by its first line:

    17               an id list: one image id per line
    00017 0          a partition by CelebA-HQ image id: 0 train, 1 val, 2 test
    000017.jpg 0     CelebA's own partition; `CelebA-HQ-to-CelebA-mapping.txt` beside it has the HQ ids
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ..errors import UserError
from ..utils.atomic import atomic_path

SPLITS = ('train', 'val', 'test')
MAPPING_FILE = 'CelebA-HQ-to-CelebA-mapping.txt'
PARTITION_FILE = 'list_eval_partition.txt'
_Name = TypeVar('_Name', int, str)
_FACEPARSER = {'train': range(28000), 'val': range(28000, 30000), 'test': range(28000, 30000)}


def split_ids(
    source: str,
    split: str,
    data_root: Path,
    available: Collection[int],
    leave_out: Callable[[list[int], str], None] | None = None,
) -> list[int]:
    """Return the image ids of a split, checked against the images that exist.

    Args:
        source: 'faceparser' (0-27999 train, 28000-29999 val and test), 'official' (CelebA's partition) or a
            split file, relative to `data_root`. `{split}` in the name stands for the split.
        split: 'train', 'val', 'test', or 'all' for every image whatever the source.
        data_root: the folder that holds the files.
        available: ids of the images that exist.
        leave_out: called with ids without an image and the reason, which then are not returned; None raises it.

    Raises:
        UserError: unknown split or source, a file that cannot be understood (with its line), or a split that
            is empty, lists an image twice, shares ids with another split, or names images that do not exist.
    """
    if split == 'all':
        return sorted(available)
    if split not in SPLITS:
        raise UserError(f"unknown split {split!r}; choose 'train', 'val', 'test' or 'all'")
    if source == 'faceparser':
        ids: list[int] = list(_FACEPARSER[split])
        where = "split_source='faceparser'"
    else:
        name = PARTITION_FILE if source == 'official' else source
        path = data_root / name.replace('{split}', split)
        where = str(path)
        ids = _read_split(path, split)
        _check_siblings(data_root, name, split, ids)
    if not ids:
        raise UserError(f'split {split!r} of {where} is empty; choose another split or split_source')
    missing = sorted(set(ids) - set(available))
    if missing:
        reason = (
            f'{some(missing, "id")} of split {split!r} ({where}) without an image among the {len(available)} '
            f'of {data_root}; {_advice(source, data_root)}'
        )
        if leave_out is None or len(missing) == len(ids):
            raise UserError(reason)
        leave_out(missing, reason)
    return [image_id for image_id in ids if image_id in available] if missing else ids


def some(items: Iterable[object], noun: str, show: int = 5) -> str:
    """Return '3 ids (1, 2, 3)', with the first few items only."""
    listed = list(items)
    dots = ', ...' if len(listed) > show else ''
    plural = '' if len(listed) == 1 else 's'
    return f'{len(listed)} {noun}{plural} ({", ".join(map(str, listed[:show]))}{dots})'


def _advice(source: str, data_root: Path) -> str:
    if source != 'faceparser':
        return 'add the images or correct the split'
    own = [name for name in ('train_split.txt', 'val_split.txt') if (data_root / name).is_file()]
    found = f'found {" and ".join(own)} there, so set' if own else 'write your own split files and set'
    return f"it is the rule for the complete 30,000 images; {found} split_source='{{split}}_split.txt'"


def _read_split(path: Path, split: str) -> list[int]:
    lines = list(_lines(path))
    if not lines:
        raise UserError(f'split file {path} is empty')
    first = lines[0][1]
    if len(first) == 1:
        return _unique(path, [_image_id(path, number, fields, expected=1) for number, fields in lines])
    groups = [_group(path, number, fields) for number, fields in lines]
    if first[0].endswith('.jpg'):
        files = _unique(path, [fields[0] for _, fields in lines])
        group_of = _celeba_partition(path, dict(zip(files, groups, strict=True)))
    else:
        ids = _unique(path, [_image_id(path, number, fields, expected=2) for number, fields in lines])
        group_of = dict(zip(ids, groups, strict=True))
    return [image_id for image_id, group in group_of.items() if group == SPLITS.index(split)]


def _unique(path: Path, names: list[_Name]) -> list[_Name]:
    """Return the names; refuse two lines for one image, of which either may be wrong."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UserError(f'{path} lists {some(twice, "image")} more than once; list each image once')
    return names


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, fields) of every line that is not blank."""
    try:
        text = path.read_text(encoding='utf-8-sig')  # Windows' editors begin a file with a mark of their own
    except FileNotFoundError:
        raise UserError(f'split file not found: {path}; {_where_from(path)}') from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'cannot read split file {path}: {error}') from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.split()


def _where_from(path: Path) -> str:
    if path.name == PARTITION_FILE:
        return "it comes with CelebA (folder 'Eval'), not with CelebAMask-HQ; or use another split_source"
    if path.name == MAPPING_FILE:
        return 'it comes with CelebAMask-HQ; copy it there'
    return "split_source is 'faceparser', 'official' or a file name relative to data_root"


def _image_id(path: Path, number: int, fields: list[str], expected: int) -> int:
    stem = re.sub(r'\.(jpe?g|png)$', '', fields[0])
    if len(fields) != expected or not stem.isdecimal():
        form = 'an image id' if expected == 1 else 'an image id and 0, 1 or 2'
        raise UserError(
            f'{path}, line {number}: expected {form} as on its first line, got {" ".join(fields)!r}'
        )
    return int(stem)


def _group(path: Path, number: int, fields: list[str]) -> int:
    if len(fields) != 2 or fields[1] not in ('0', '1', '2'):
        raise UserError(
            f'{path}, line {number}: expected a name and 0 (train), 1 (val) or 2 (test), '
            f'got {" ".join(fields)!r}'
        )
    return int(fields[1])


def _celeba_partition(path: Path, groups: dict[str, int]) -> dict[int, int]:
    """Map CelebA-HQ ids to the group of their original CelebA file."""
    mapping = path.with_name(MAPPING_FILE)
    found: list[tuple[int, int]] = []
    for number, fields in _lines(mapping):
        if number == 1 and not fields[0].isdecimal():
            continue  # the header
        if len(fields) != 3 or not fields[0].isdecimal():
            raise UserError(
                f"{mapping}, line {number}: expected 'idx orig_idx orig_file', got {' '.join(fields)!r}"
            )
        if fields[2] not in groups:
            raise UserError(f'{mapping}, line {number}: {fields[2]} is not listed in {path}')
        found.append((int(fields[0]), groups[fields[2]]))
    _unique(mapping, [image_id for image_id, _ in found])
    return dict(found)


def _check_siblings(data_root: Path, name: str, split: str, ids: list[int]) -> None:
    """Check that no image is both in a training list and in an evaluation list beside it."""
    template = name if '{split}' in name else re.sub(rf'(?<![a-z]){split}(?![a-z])', '{split}', name, count=1)
    if '{split}' not in template:
        return
    for other in SPLITS if split == 'train' else ('train',):
        path = data_root / template.replace('{split}', other)
        if other == split or not path.is_file():
            continue
        shared = sorted(set(ids).intersection(_read_split(path, other)))
        if shared:
            raise UserError(
                f'{some(shared, "id")} both in split {split!r} and in {other!r} ({path}); no image may be in '
                'training and in evaluation'
            )


def write_split(path: Path, ids: Iterable[int]) -> None:
    """Write an id list; a list that exists already must be the same.

    Raises:
        UserError: the file exists with other ids.
        OSError: it cannot be written.
    """
    text = ''.join(f'{image_id}\n' for image_id in ids)
    if path.is_file():
        if path.read_text(encoding='utf-8').split() != text.split():
            raise UserError(f'{path} exists and lists other ids; move it away to have it written')
        return
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding='utf-8')
