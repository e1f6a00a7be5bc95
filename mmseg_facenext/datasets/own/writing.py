"""Write photos with label maps of own classes as a data set that `FaceFoldersDataset` reads."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ...errors import UserError
from ...taxonomy import CELEBAMASK_HQ, IGNORE, LAPA, flip_ids
from ...utils.atomic import atomic_path
from ...utils.hues import hue
from ...utils.read_image import check_proportions, open_image
from .shapes import Item
from .source import AS_BACKGROUND, AS_IGNORED, BACKGROUND, ORIENTATION, Source, stored_size, upright_size

PHOTOS, LABELS, DESCRIPTION = 'photos', 'labels', 'dataset.json'


@dataclass(frozen=True)
class Classes:
    """The classes of a new data set.

    Attributes:
        names: by id.
        palette: RGB.
        flip_pairs: names of left and right.
        ids: class of the source to its id here, or 255.
    """

    names: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    flip_pairs: tuple[tuple[str, str], ...]
    ids: dict[str, int]


def plan_classes(
    source: Source,
    merges: Sequence[str] = (),
    ignored: Sequence[str] = (),
    pairs: Sequence[str] = (),
    colours: Sequence[str] = (),
) -> Classes:
    """Return the classes of the new data set.

    Args:
        merges: `face=skin+nose`; `background=cloth` drops a class.
        ignored: classes of the source that do not count.
        pairs: `left_eye:right_eye`, where names do not say it.
        colours: `hair=#7d4b1e`.

    Raises:
        UserError: a name is none of the classes.
    """
    known = {*source.classes, *AS_BACKGROUND, *AS_IGNORED}
    into = {name: BACKGROUND if name in AS_BACKGROUND else name for name in (*source.classes, *AS_BACKGROUND)}
    for text in merges:
        name, equals, members = text.partition('=')
        parts = [part.strip() for part in members.split('+') if part.strip()]
        if not equals or not name.strip() or not parts:
            raise UserError(f'--merge {text}: expected NAME=CLASS+CLASS...')
        _check_known(parts, known, source, f'--merge {text}')
        into.update(dict.fromkeys(parts, name.strip()))
    _check_known(ignored, known, source, '--ignore')
    dropped = {*ignored, *AS_IGNORED} - {*source.classes} | {*ignored}
    dropped |= {name for name in source.classes if name in AS_IGNORED}
    names = tuple(dict.fromkeys(into[name] for name in source.classes if name not in dropped))
    if len(names) < 2:
        raise UserError(f'a data set needs two classes at least, got {", ".join(names) or "none"}')
    ids = {name: names.index(into[name]) for name in into if name not in dropped and into[name] in names}
    ids |= dict.fromkeys(dropped, IGNORE)
    flips = [tuple(text.split(':')) for text in pairs]
    metainfo = {'classes': names, **({'flip_pairs': flips} if flips else {})}
    found = [(names[own], names[o]) for own, o in enumerate(flip_ids(metainfo)) if o is not None and own < o]
    return Classes(names, _palette(names, source, colours), tuple(found), ids)


def _check_known(names: Sequence[str], known: set[str], source: Source, option: str) -> None:
    if strange := [name for name in names if name not in known]:
        raise UserError(f'{option}: no class {strange[0]}; there are {", ".join(source.classes)}')


def _palette(
    names: Sequence[str], source: Source, colours: Sequence[str]
) -> tuple[tuple[int, int, int], ...]:
    """Return given colours, those of the files, those that known label spaces have, else hues far from each other."""
    given = dict(source.colours)
    for text in colours:
        name, _, code = text.partition('=')
        digits = code.lstrip('#')
        if name not in names or len(digits) != 6:
            raise UserError(f'--colours {text}: expected CLASS=#rrggbb with one of {", ".join(names)}')
        given[name] = (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))
    usual = dict(zip((*LAPA.classes, *LAPA.titles), 2 * LAPA.palette, strict=True))
    usual |= dict(
        zip((*CELEBAMASK_HQ.classes, *CELEBAMASK_HQ.titles), 2 * CELEBAMASK_HQ.palette, strict=True)
    )
    found: list[tuple[int, int, int]] = []
    for index, name in enumerate(names):
        drawn = hue(index)
        colour = given.get(name) or usual.get(name.lower().replace('_', ' ')) or usual.get(name) or drawn
        found.append(drawn if colour in found else (0, 0, 0) if name == BACKGROUND else colour)
    return tuple(found)


@dataclass
class Written:
    """What was written: pixels and images of each class, over all photos; files that could not be used."""

    pixels: np.ndarray
    images: np.ndarray
    problems: list[str]


def write_data_set(
    source: Source, classes: Classes, out: Path, progress: Callable[[Sequence[Item]], Iterable[Item]] = list
) -> Written:
    """Write photos (links where the disk allows it), label maps, lists of the splits and `dataset.json`.

    Photos whose annotations cannot be used are left out.

    Raises:
        UserError: `out` holds something else; no photo can be used.
    """
    if out.exists() and any(out.iterdir()) and not (out / DESCRIPTION).is_file():
        raise UserError(f'{out} holds something else: choose another --out')
    for folder in (PHOTOS, LABELS):
        shutil.rmtree(out / folder, ignore_errors=True)
        (out / folder).mkdir(parents=True)
    number = len(classes.names)
    written = Written(np.zeros(number, np.int64), np.zeros(number, np.int64), [])
    usable: list[Item] = []
    for item in progress(source.items):
        try:
            labels = _upright(labels_of(item, source, classes), item.photo)
            check_proportions(
                upright_size(item.photo), labels.shape, item.photo, item.label_map or 'its masks'
            )
        except UserError as error:
            written.problems.append(str(error))
            continue
        counts = np.bincount(labels.ravel(), minlength=256)[:number]
        written.pixels += counts
        written.images += counts > 0
        _link(item.photo, out / PHOTOS / f'{item.name}{item.photo.suffix.lower()}')
        _save(labels, out / LABELS / f'{item.name}.png', classes.palette)
        usable.append(item)
    if not usable:
        raise UserError(f'none of the {len(source.items)} photos can be used: {written.problems[0]}')
    for split in ('train', 'val', 'test'):
        names = [item.name for item in usable if item.split == split]
        if names or split == 'train':
            (out / f'{split}.txt').write_text(''.join(f'{name}\n' for name in names), encoding='utf-8')
        else:
            (out / f'{split}.txt').unlink(missing_ok=True)
    description = {'classes': classes.names, 'palette': classes.palette, 'flip_pairs': classes.flip_pairs}
    (out / DESCRIPTION).write_text(
        json.dumps(description, indent=1, ensure_ascii=False) + '\n', encoding='utf-8'
    )
    return written


def labels_of(item: Item, source: Source, classes: Classes) -> np.ndarray:
    """Return the label map of a photo, uint8 (H, W), in the ids of the new data set.

    Raises:
        UserError: a file cannot be read, or is of another size.
    """
    if item.label_map is not None:
        return _translated(item.label_map, source, classes)
    shapes = item.shapes or []
    if shapes and shapes[0].kind == 'file':
        with open_image(shapes[0].data) as image:
            size = image.size[::-1]
    else:
        size = upright_size(item.photo)
        if item.size and item.size == stored_size(item.photo)[0]:
            size = item.size  # annotated as it is stored
        if item.size and item.size != size:
            raise UserError(
                f'{item.photo} is {size[1]}x{size[0]}, but was annotated as {item.size[1]}x{item.size[0]}: it was '
                'changed or turned since; it is left out'
            )
    background = classes.ids.get(BACKGROUND, IGNORE)
    labels = np.full(size, background, np.uint8)
    for shape in shapes:
        if shape.label not in classes.ids:
            continue
        labels[shape.mask(*size)] = classes.ids[shape.label]
    return labels


def _upright(labels: np.ndarray, photo: Path) -> np.ndarray:
    """Turn labels of a photo as it is stored, as tools that know no EXIF make them; seen by their proportions."""
    (height, width), orientation = stored_size(photo)
    wide = (labels.shape[1] > labels.shape[0]) == (width > height)
    if orientation not in (5, 6, 7, 8) or height == width or not wide:
        return labels
    image = Image.fromarray(labels)
    image.getexif()[ORIENTATION] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def _translated(path: Path, source: Source, classes: Classes) -> np.ndarray:
    with open_image(path) as image:
        pixels = np.asarray(image)
    if pixels.ndim == 3:
        pixels = pixels[..., : 1 if pixels.shape[2] == 2 else 3]
        coloured = any(isinstance(value, tuple) for value in source.values)
        if not coloured or pixels.shape[2] == 1:
            pixels = pixels[..., 0]
    if pixels.ndim == 3:
        codes = pixels.astype(np.int64) @ [65536, 256, 1]
        table = {
            65536 * v[0] + 256 * v[1] + v[2]: name
            for v, name in source.values.items()
            if isinstance(v, tuple)
        }
    else:
        codes = pixels.astype(np.int64)
        table = {v: name for v, name in source.values.items() if isinstance(v, int)}
    values, places = np.unique(codes, return_inverse=True)
    meant = [_nearest(value, table, source.nearest) for value in values.tolist()]
    ids = [IGNORE if value is None else classes.ids[table[value]] for value in meant]
    return np.array(ids, np.uint8)[places].reshape(codes.shape)


def _nearest(code: int, known: Mapping[int, str], nearest: bool) -> int | None:
    """Return the known value that a value (or a colour, as one number) means; None if it does not count."""
    if code in known:
        return code
    if not nearest or code == IGNORE:
        return None

    def off(other: int) -> int:
        return sum(((code >> shift & 255) - (other >> shift & 255)) ** 2 for shift in (0, 8, 16))

    return min(known, key=off)


def _link(photo: Path, target: Path) -> None:
    try:
        os.link(photo.resolve(), target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(photo, target)


def _save(labels: np.ndarray, path: Path, palette: Sequence[tuple[int, int, int]]) -> None:
    image = Image.fromarray(labels)
    table = np.full(
        (256, 3), 255, np.uint8
    )  # of all ids: with a shorter one Pillow stores fewer bits, and 255 is lost
    table[: len(palette)] = palette
    image.putpalette(table.ravel().tolist())
    with atomic_path(path) as temporary:
        image.save(temporary, format='PNG')
