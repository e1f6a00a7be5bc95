"""List the photos and labels of a data set in any of the layouts that are read here, complete or not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...taxonomy import CELEBAMASK_HQ, HELEN, LAPA, LabelSpace, get_label_space
from ...utils.hues import palette_of
from ...utils.picture_files import PICTURE_SUFFIXES, visible_files
from ...utils.read_image import read_labels
from ..celebamask_hq import folders

DESCRIPTION = 'dataset.json'
SPLITS = ('train', 'val', 'test')
SPLIT_WORDS = {'training': 'train', 'validation': 'val', 'valid': 'val', 'testing': 'test'}
PHOTO_FOLDERS = ('photos', 'images', 'imgs', 'img', 'JPEGImages')
LABEL_FOLDERS = ('labels', 'masks', 'annotations', 'mask', 'label', 'SegmentationClass')


@dataclass
class Entry:
    """A photo with its labels, by paths relative to the root; several label files are part masks by their names."""

    photo: str
    labels: dict[str, str]
    split: str = ''


@dataclass
class Layout:
    """What a data set consists of.

    Attributes:
        kind: for people.
        space: names, colours and sides of the ids in its label maps; also the order in which part masks are painted.
        flip_pairs: names of left and right, for classes of one's own.
        assumed: whether nothing says that it is that order.
        entries: photos that have labels.
        problems: what is missing, or there twice.
        extra: files that belong to nothing.
    """

    kind: str
    space: LabelSpace
    assumed: bool = False
    flip_pairs: list[list[str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)


def find_layout(root: Path, label_space: str | None = None) -> Layout:
    """Return what lies in `root`.

    Args:
        label_space: of merged label maps of CelebAMask-HQ, where no `label_space.txt` says it.

    Raises:
        UserError: none of the layouts.
    """
    if (root / DESCRIPTION).is_file():
        return _own(root)
    if (root / folders.IMAGE_FOLDER).is_dir():
        merged = root / folders.LABEL_FOLDER
        return _celebamask_merged(root, label_space) if merged.is_dir() else _celebamask_raw(root)
    if (root / 'train' / 'images').is_dir():
        return _by_split(root, 'LaPa', LAPA, 'images', '', 'labels', '')
    if any((root / 'train').glob('*_image.*')):
        return _by_split(root, 'Helen', HELEN, '', '_image', '', '_label')
    if (images := _one_of(root, PHOTO_FOLDERS)) and (labels := _one_of(root, LABEL_FOLDERS)):
        return _of_folders(root, images, labels)
    raise UserError(
        f'{root} is none of the data sets that are read here: expected {DESCRIPTION} (of `facenext data new`), '
        f'{folders.IMAGE_FOLDER}/ (CelebAMask-HQ), train/images/ (LaPa), train/<name>_image.jpg (Helen), or photos/ '
        'and labels/ with files of the same names'
    )


def _one_of(root: Path, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if (root / name).is_dir()), None)


def _of_folders(root: Path, images: str, labels: str) -> Layout:
    """Folders of photos and label maps, with folders of splits in them or without; names are in `classes.txt`."""
    splits = sorted(path.name for path in (root / images).iterdir() if path.is_dir()) or ['']
    names = root / 'classes.txt'
    classes = names.read_text(encoding='utf-8-sig').split('\n') if names.is_file() else []
    classes = [name.strip() for name in classes if name.strip()]
    if not classes:
        files = [path for split in splits for path in sorted((root / labels / split).glob('*.png'))]
        ids = [
            read_labels(path) for path in files[:: max(1, len(files) // 64)] if not path.name.startswith('.')
        ]
        found = {int(label) for each in ids for label in np.unique(each)}
        classes = [f'class_{number}' for number in range(max(found - {255}, default=0) + 1)]
    layout = Layout(
        'photos and label maps',
        LabelSpace('own', tuple(classes), tuple(classes), palette_of(len(classes)), ''),
    )
    for split in splits:
        kind = SPLIT_WORDS.get(split.lower(), split)
        _pair(layout, root, f'{images}/{split}', '', f'{labels}/{split}', '', kind)
    return layout


def _own(root: Path) -> Layout:
    told = json.loads((root / DESCRIPTION).read_text(encoding='utf-8-sig'))
    classes, palette = tuple(told['classes']), tuple(tuple(colour) for colour in told['palette'])
    layout = Layout('own data', LabelSpace('own', classes, classes, palette, 'subject'))
    layout.flip_pairs = told.get('flip_pairs') or []
    split_of: dict[str, str] = {}
    for split in SPLITS:
        path = root / f'{split}.txt'
        for line in path.read_text(encoding='utf-8-sig').splitlines() if path.is_file() else ():
            name = line.partition('\t')[0].strip()
            if name and split_of.setdefault(name, split) != split:
                layout.problems.append(f'{name} is in {split_of[name]}.txt and in {split}.txt')
    _pair(layout, root, 'photos', '', 'labels', '', split_of)
    found = {Path(entry.photo).stem for entry in layout.entries}
    layout.problems += [
        f'{split}.txt names {n}, which is not there' for n, split in split_of.items() if n not in found
    ]
    return layout


def _celebamask_merged(root: Path, label_space: str | None) -> Layout:
    marker = root / folders.LABEL_FOLDER / folders.LABEL_SPACE_FILE
    name = marker.read_text(encoding='utf-8-sig').strip() if marker.is_file() else label_space
    layout = Layout(
        'CelebAMask-HQ, merged', get_label_space(name) if name else CELEBAMASK_HQ, assumed=name is None
    )
    _pair(layout, root, folders.IMAGE_FOLDER, '', folders.LABEL_FOLDER, '', _id_splits(root))
    return layout


def _celebamask_raw(root: Path) -> Layout:
    layout, splits = Layout('CelebAMask-HQ, part masks', CELEBAMASK_HQ), _id_splits(root)
    images = _named(layout, root / folders.IMAGE_FOLDER, '', PICTURE_SUFFIXES)
    parts_folder = root / folders.PART_FOLDER
    parts = (
        folders.list_parts(parts_folder, [int(n) for n in images if n.isdecimal()])
        if parts_folder.is_dir()
        else {}
    )
    for name, file in images.items():
        found = parts.get(int(name), 0) if name.isdecimal() else 0
        if not found:
            layout.problems.append(f'{folders.IMAGE_FOLDER}/{file}: no part masks')
            continue
        paths = folders.part_paths(folders.PART_FOLDER, int(name), found)
        layout.entries.append(Entry(f'{folders.IMAGE_FOLDER}/{file}', paths, splits.get(str(int(name)), '')))
    return layout


def _id_splits(root: Path) -> dict[str, str]:
    """Return the splits of lists of ids beside the images, where there are any."""
    found: dict[str, str] = {}
    for split in SPLITS:
        path = root / f'{split}_split.txt'
        for line in path.read_text(encoding='utf-8-sig').splitlines() if path.is_file() else ():
            stem = Path(line.strip()).stem
            if stem.isdecimal():
                found[str(int(stem))] = split
    return found


def _by_split(
    root: Path, kind: str, space: LabelSpace, images: str, image_end: str, labels: str, label_end: str
) -> Layout:
    layout = Layout(kind, space)
    for split in SPLITS:
        if (root / split).is_dir():
            _pair(layout, root, f'{split}/{images}', image_end, f'{split}/{labels}', label_end, split)
    return layout


def _pair(
    layout: Layout,
    root: Path,
    images: str,
    image_end: str,
    labels: str,
    label_end: str,
    splits: dict[str, str] | str,
) -> None:
    for folder in (images, labels):
        if not (root / folder).is_dir():
            raise UserError(f'no folder {root / folder}')
    photos = _named(
        layout, root / images, image_end, PICTURE_SUFFIXES, also='.png' if images == labels else ''
    )
    maps = _named(layout, root / labels, label_end, ('.png',), also='' if images != labels else '*')
    for name, file in photos.items():
        photo = f'{images.rstrip("/")}/{file}'
        if name not in maps:
            layout.problems.append(f'{photo}: no label map {name}{label_end}.png in {labels}')
            continue
        key = str(int(name)) if name.isdecimal() and name not in splits else name
        split = splits if isinstance(splits, str) else splits.get(key, '')
        layout.entries.append(Entry(photo, {'': f'{labels.rstrip("/")}/{maps[name]}'}, split))
    layout.problems += [f'{labels}/{file}: no photo' for name, file in maps.items() if name not in photos]


def _named(
    layout: Layout, folder: Path, end: str, suffixes: tuple[str, ...], also: str = ''
) -> dict[str, str]:
    """Map names to files; two files of one name are a problem, other files are extra."""
    found: dict[str, str] = {}
    for file in sorted(visible_files(folder)):
        path = Path(file)
        if path.suffix.lower() not in suffixes or not path.stem.endswith(end):
            if not also and file != folders.LABEL_SPACE_FILE:
                layout.extra.append(f'{folder.name}/{file}')
            continue
        name = path.stem[: len(path.stem) - len(end)]
        if name in found:
            layout.problems.append(f'{folder.name}: {found[name]} and {file} have one name')
            continue
        found[name] = file
    return found
