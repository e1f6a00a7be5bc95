"""Find out what is in a folder of photos and annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...utils.read_image import open_image
from . import pictures, tools
from .shapes import Item

BACKGROUND = 'background'
AS_BACKGROUND = ('background', '_background_', '__background__', 'bg')
AS_IGNORED = ('__ignore__', '_ignore_', 'ignore', 'ignored', 'void', 'unlabeled', 'unlabelled')
NAME_FILES = ('classes.txt', 'labels.txt', 'class_names.txt', 'names.txt', 'labelmap.txt')
FEW = 0.25  # of the pixels
LOSSY = ('.jpg', '.jpeg', '.jfif', '.webp')
APART = 24  # grey levels between the values of classes in a lossy file
ORIENTATION = 0x0112  # among the tags of EXIF
Value = int | tuple[int, int, int]


@dataclass
class Source:
    """Photos with annotations as they are, and what of it was understood.

    Attributes:
        kind: for people: 'label maps', 'part masks', 'LabelMe', 'COCO', 'CVAT'.
        items: photos with annotations.
        classes: names, background first.
        values: of label maps: value or colour of a pixel to the name of its class.
        colours: RGB of some classes, where files say them.
        nearest: whether other values mean the nearest of `values`; else they do not count.
        notes: what was assumed; problems: what is left out, and why.
    """

    kind: str
    items: list[Item]
    classes: list[str]
    values: dict[Value, str] = field(default_factory=dict)
    colours: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    nearest: bool = False
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def find_source(
    folder: Path, images: Path | None = None, masks: Path | None = None, named: Sequence[str] = ()
) -> Source:
    """Read what lies in `folder`.

    Args:
        images, masks: the folders of photos and of masks, where that cannot be seen.
        named: classes in the order of their values, or `value=name`, `#rrggbb=name`.

    Raises:
        UserError: nothing is found, or it cannot be understood; the message says which option would say it.
    """
    if not folder.is_dir():
        raise UserError(f'no folder {folder}')
    source = _of_tools(masks or folder, images or folder)
    if source is None:
        photos, others = pictures.split_photos_and_masks(folder, images, masks)
        items, kind, missing, alone = pictures.pair(photos, others, folder)
        source = Source(kind, items, [])
        source.problems += [f'{path}: no mask' for path in missing]
        source.problems += [f'{path}: no photo' for path in alone]
        if not items:
            raise UserError(
                f'none of the {len(others)} masks (like {others[0].name}) has the name of one of the {len(photos)} '
                f'photos (like {photos[0].name}): <photo>.png, <photo>_<part>.png or <part>/<photo>.png'
            )
        if kind == 'label maps':
            _read_values(source, folder, named)
    if source.kind != 'label maps':
        _order_parts(source, named)
    there = [item for item in source.items if item.photo.is_file()]
    source.problems += [f'{item.photo}: no such photo' for item in source.items if not item.photo.is_file()]
    source.items = there
    if not there:
        raise UserError(
            f'{folder} has annotations, but none of their photos: say where they are, --images DIR'
        )
    if twice := [name for name, number in Counter(item.name for item in there).items() if number > 1]:
        raise UserError(f'{len(twice)} photos have a name that another one has ({twice[0]}): rename them')
    return source


def _of_tools(folder: Path, images: Path) -> Source | None:
    """Return what LabelMe, COCO or CVAT have written; None if there is nothing of them."""
    photos = {path.name: path for path in pictures.pictures_below(images)}
    visible = [p for p in sorted(folder.rglob('*')) if not p.name.startswith('.') and p.is_file()]
    if files := [path for path in visible if path.suffix.lower() == '.xml']:
        cvat = [path for path in files if b'<annotations' in path.read_bytes()[:2000]]
        if cvat:
            items, labels, colours = tools.of_cvat(cvat[0], photos)
            rgb = {name: _colour(colour) for name, colour in colours.items()}
            return Source('CVAT', items, labels, colours=rgb, notes=[f'annotations of CVAT in {cvat[0]}'])
    contents = [(path, tools.read_json(path)) for path in visible if path.suffix.lower() == '.json']
    coco = [(path, content) for path, content in contents if tools.is_coco(content)]
    if coco:
        return _of_coco_files(coco, photos)
    labelme = [(path, content) for path, content in contents if tools.is_labelme(content)]
    if labelme:
        return Source(
            'LabelMe', tools.of_labelme(labelme, photos), [], notes=[f'{len(labelme)} files of LabelMe']
        )
    return None


def _of_coco_files(files: list[tuple[Path, dict]], photos: dict[str, Path]) -> Source:
    """Several COCO files are splits, by their names (`instances_train.json`)."""
    source = Source(
        'COCO', [], [], notes=[f'annotations of COCO in {", ".join(str(path) for path, _ in files)}']
    )
    for path, content in files:
        items, names = tools.of_coco(path, content, photos)
        words = path.stem.lower().replace('-', '_').split('_') + [path.parent.name.lower()]
        split = next((pictures.SPLIT_WORDS[word] for word in words if word in pictures.SPLIT_WORDS), None)
        for item in items:
            item.split = split
        source.items += items
        source.classes += [name for name in names if name not in source.classes]
    return source


def _order_parts(source: Source, named: Sequence[str]) -> None:
    """Put the classes of regions in order: as named, as the tool has them, else larger ones first."""
    found = Counter(shape.label for item in source.items for shape in item.shapes or ())
    order = [name for name in (named or source.classes) if name not in AS_BACKGROUND]
    missing = [name for name in found if name not in order and name not in (*AS_BACKGROUND, *AS_IGNORED)]
    missing = sorted(missing, key=lambda name: (-_typical_area(source, name), name))
    if named and missing:
        source.notes.append(f'not among --classes, painted before them: {", ".join(missing)}')
        order = [*missing, *order]
    elif missing:
        order += missing
        if source.kind in ('part masks', 'LabelMe'):
            source.notes.append(
                'larger classes are painted first, smaller ones over them (--classes sets another order)'
            )
    if source.kind == 'part masks':
        place = {name: number for number, name in enumerate(order)}
        for item in source.items:
            item.shapes = sorted(item.shapes or [], key=lambda shape: place.get(shape.label, -1))
    source.classes = [BACKGROUND, *order]


def _typical_area(source: Source, label: str) -> float:
    """Return the mean share of the picture, over a few masks."""
    shares: list[float] = []
    for item in source.items:
        for shape in item.shapes or ():
            if shape.label == label and len(shares) < 8:
                with open_image(shape.data if shape.kind == 'file' else item.photo) as image:
                    width, height = image.size
                shares.append(float(shape.mask(*(item.size or (height, width))).mean()))
        if len(shares) >= 8:
            break
    return float(np.mean(shares)) if shares else 0.0


def _read_values(source: Source, folder: Path, named: Sequence[str]) -> None:
    """Find out what the values of label maps mean."""
    found: Counter[Value] = Counter()  # value to pixels
    palette: dict[Value, tuple[int, int, int]] = {}
    for item in list(source.items):
        assert item.label_map is not None
        try:
            seen, colours = values_of(item.label_map)
        except UserError as error:
            source.problems.append(str(error))
            source.items.remove(item)
            continue
        palette.update(colours)
        found.update(seen)
        if len(found) > 4096:
            raise UserError(
                f'the masks have thousands of colours ({item.label_map} for one), as photos have: say where the '
                'masks are (--masks DIR)'
            )
    given = _named_values(named) or _named_in_file(folder, found, source)
    values = sorted(found, key=lambda value: (isinstance(value, tuple), value))
    if given:
        strange = [value for value in values if value not in given and value != 255]
        if strange and not _take_nearest(source, found, list(given)):
            listed = ', '.join(map(_written, strange[:8]))
            raise UserError(
                f'label maps have the values {listed} that no class is named for; there are '
                f'{", ".join(map(_written, values[:20]))}: --classes '
                f'{" ".join(f"{_written(v)}=NAME" for v in values[:4])} ...'
            )
        source.values = dict(given)
        source.notes.append(
            'values: ' + ', '.join(f'{_written(value)} = {name}' for value, name in given.items())
        )
    else:
        peaks = _peaks(found, 0.002 if _is_lossy(source) else 0.02)
        if (_is_lossy(source) or len(values) > 64) and _take_nearest(source, found, peaks):
            values = peaks
        source.values = _guessed(values, source.notes)
    source.classes = list(dict.fromkeys(source.values.values()))
    source.colours = {
        name: palette.get(value, value if isinstance(value, tuple) else (0, 0, 0))
        for value, name in source.values.items()
        if isinstance(value, tuple) or (value in palette and palette[value] != (value,) * 3)
    }


def _peaks(found: Counter[Value], least: float) -> list[Value]:
    """Return values that at least that share of the pixels has, none near another that more have, in order."""
    peaks: list[Value] = []
    for value, pixels in found.most_common(64):
        if pixels > least * found.total() and all(_distance(value, peak) > APART for peak in peaks):
            peaks.append(value)
    return sorted(peaks, key=lambda value: (isinstance(value, tuple), value))


def _distance(one: Value, other: Value) -> float:
    if isinstance(one, tuple) != isinstance(other, tuple):
        return 255.0
    return float(np.abs(np.subtract(one, other)).max())


def _take_nearest(source: Source, found: Counter[Value], known: list[Value]) -> bool:
    """Take other values for the nearest known one: in JPEGs, and where few pixels have them, as on smoothed borders."""
    share = 1 - sum(found[value] for value in {*known, 255}) / found.total()
    alike = len({isinstance(value, tuple) for value in known}) == 1
    smoothed = share < FEW and len(found) > 16 + 2 * len(
        known
    )  # a class that was forgotten is one value more
    source.nearest = (smoothed or _is_lossy(source)) and len(known) > 1 and alike
    if source.nearest:
        source.notes.append(
            f'{share:.1%} of the pixels have values between those of the classes: the nearest is taken'
        )
    return source.nearest


def _is_lossy(source: Source) -> bool:
    return any(item.label_map and item.label_map.suffix.lower() in LOSSY for item in source.items)


def values_of(path: Path) -> tuple[dict[Value, int], dict[Value, tuple[int, int, int]]]:
    """Return the values or colours of a label map with their pixels, and the colours of a palette.

    Raises:
        UserError: it cannot be read.
    """
    with open_image(path) as image:
        pixels, palette = np.asarray(image), image.getpalette() if image.mode == 'P' else None
    if pixels.ndim == 3:
        pixels = pixels[..., : 1 if pixels.shape[2] == 2 else 3]
        if (pixels == pixels[..., :1]).all():
            pixels = pixels[..., 0]
    if pixels.ndim == 3:
        codes, counts = np.unique(pixels.astype(np.int64) @ [65536, 256, 1], return_counts=True)
        rgb = [(code >> 16, code >> 8 & 255, code & 255) for code in codes.tolist()]
        return dict(zip(rgb, counts.tolist(), strict=True)), {}
    found, counts = np.unique(pixels, return_counts=True)
    values = {int(value): int(count) for value, count in zip(found, counts, strict=True)}
    table = palette or []
    colours_of: dict[Value, tuple[int, int, int]] = {
        value: (table[3 * value], table[3 * value + 1], table[3 * value + 2])
        for value in values
        if len(table) >= 3 * value + 3
    }
    return dict(values.items()), colours_of


def _guessed(values: list[Value], notes: list[str]) -> dict[Value, str]:
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) < len(values):
        known: list[Value] = sorted(values, key=lambda value: (value not in (0, (0, 0, 0)), str(value)))
        notes.append(
            f'label maps of {len(values)} colours, each taken for a class; --classes #rrggbb=NAME ... names them'
        )
    elif numbers == [0, 255]:
        notes.append('masks of 0 and 255: 255 is taken for class 1')
        return {0: BACKGROUND, 255: 'class_1'}
    elif numbers[-1] == 255 and numbers[-2] == len(numbers) - 2:
        notes.append('255 is taken for "not counted"')
        known = list(numbers[:-1])
    elif numbers[-1] > len(numbers) + 20:
        notes.append(f'values {", ".join(map(str, numbers))}: each is taken for a class')
        known = list(numbers)
    else:
        known = list(range(numbers[-1] + 1))
    notes.append('nothing names the classes: --classes NAME NAME ... does, in the order of the values')
    return {
        value: BACKGROUND if number == 0 and value in (0, (0, 0, 0)) else f'class_{number}'
        for number, value in enumerate(known)
    }


def _named_values(named: Sequence[str]) -> dict[Value, str]:
    """Return value to name from `name`, `value=name` and `#rrggbb=name`."""
    if not any('=' in word for word in named):
        return dict(enumerate(named))
    values: dict[Value, str] = {}
    for word in named:
        value, equals, name = word.partition('=')
        if not equals or not name or not (value.isdecimal() or value.startswith('#')):
            raise UserError(f'--classes {word}: expected NAME for all, or VALUE=NAME or #rrggbb=NAME for all')
        values[int(value) if value.isdecimal() else _colour(value)] = name
    return values


def _named_in_file(folder: Path, found: Counter[Value], source: Source) -> dict[Value, str]:
    """Return what a file of names says: one name for each line, or CVAT's `name:r,g,b::`."""
    path = next((folder / name for name in NAME_FILES if (folder / name).is_file()), None)
    if path is None:
        return {}
    lines = [line.strip() for line in path.read_text(encoding='utf-8-sig').splitlines()]
    lines = [line for line in lines if line and not line.startswith('#')]
    source.notes.append(f'names of classes from {path}')
    if all(line.count(':') >= 2 for line in lines):
        table = [line.split(':') for line in lines]
        colours = {tuple(int(n) for n in fields[1].split(',')): fields[0] for fields in table}
        return {colour: BACKGROUND if name in AS_BACKGROUND else name for colour, name in colours.items()}  # type: ignore[misc]
    return dict(enumerate(lines))


def _colour(text: str) -> tuple[int, int, int]:
    digits = text.lstrip('#')
    if len(digits) != 6 or any(digit not in '0123456789abcdefABCDEF' for digit in digits):
        raise UserError(f'{text} is no colour: expected #rrggbb')
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _written(value: Value) -> str:
    return str(value) if isinstance(value, int) else '#{:02x}{:02x}{:02x}'.format(*value)


def upright_size(photo: Path) -> tuple[int, int]:
    """Return (height, width) of a photo as it is shown, turned by its EXIF orientation.

    Raises:
        UserError: it cannot be read.
    """
    size, orientation = stored_size(photo)
    return size[::-1] if orientation in (5, 6, 7, 8) else size


def stored_size(photo: Path) -> tuple[tuple[int, int], int]:
    """Return (height, width) of a photo as it is stored, and its EXIF orientation.

    Raises:
        UserError: it cannot be read.
    """
    with open_image(photo) as image:
        width, height = image.size
        return (height, width), int(image.getexif().get(ORIENTATION, 1))
