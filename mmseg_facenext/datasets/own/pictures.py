"""Which pictures in a folder are photos, which are their masks, and which mask belongs to which photo."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import UserError
from ...utils.picture_files import PICTURE_SUFFIXES
from ...utils.read_image import open_image
from .shapes import Item, Shape

SPLIT_WORDS = {
    'train': 'train', 'training': 'train', 'val': 'val', 'valid': 'val', 'validation': 'val', 'dev': 'val',
    'test': 'test', 'testing': 'test',
}  # fmt: skip
PHOTO_WORDS = (
    'image',
    'images',
    'img',
    'imgs',
    'photo',
    'photos',
    'jpegimages',
    'pictures',
    'rgb',
    'input',
    'inputs',
)
MASK_WORDS = (
    'mask', 'masks', 'label', 'labels', 'annotation', 'annotations', 'segmentation', 'segmentations', 'seg', 'gt',
    'segmentationclass', 'labelmaps', 'parts', 'target', 'targets',
)  # fmt: skip
MAP_WORDS = (*MASK_WORDS, 'labelid', 'labelids', 'labelmap', 'segmap', 'parsing', 'annot', '')
MOST_VALUES = 64
"""Of different values or colours in a label map; a photo has more."""


def pictures_below(folder: Path) -> list[Path]:
    """All pictures in a folder and below, without hidden ones, sorted."""
    return sorted(
        path
        for path in folder.rglob('*')
        if path.suffix.lower() in PICTURE_SUFFIXES
        and not any(part.startswith(('.', '__MACOSX')) for part in path.relative_to(folder).parts)
    )


def looks_like_a_mask(path: Path) -> bool:
    """Tell whether a picture has few values, as label maps and part masks have; one that cannot be read has not."""
    try:
        with open_image(path) as image:
            if image.mode in ('P', '1'):
                return True
            if image.format == 'JPEG':
                return False
            pixels = np.asarray(image.resize((96, 96), Image.Resampling.NEAREST))
    except UserError:
        return False
    pixels = pixels.reshape(96 * 96, -1)[:, :3]
    return len(np.unique(pixels, axis=0)) <= MOST_VALUES


def split_photos_and_masks(
    folder: Path, images: Path | None, masks: Path | None
) -> tuple[list[Path], list[Path]]:
    """Return photos and masks, by folders where these are given or their names say it, else by looking at pictures."""
    if images and masks:
        found = pictures_below(masks)
        return [path for path in pictures_below(images) if path not in set(found)], found
    everything = pictures_below(folder)
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for path in everything:
        by_folder[path.parent].append(path)
    photos, others = [], []
    for parent, paths in by_folder.items():
        words = [part.lower() for part in parent.relative_to(folder).parts]
        if (masks and masks in (parent, *parent.parents)) or any(word in MASK_WORDS for word in words):
            others += paths
        elif (images and images in (parent, *parent.parents)) or any(word in PHOTO_WORDS for word in words):
            photos += paths
        else:
            some = paths[:: max(1, len(paths) // 8)]
            kinds = Counter(looks_like_a_mask(path) for path in some)
            if len(kinds) == 1:
                (others if kinds[True] else photos).extend(paths)
            else:
                for path in paths:
                    (others if looks_like_a_mask(path) else photos).append(path)
    if not photos or not others:
        raise UserError(
            f'found {len(photos)} photos and {len(others)} masks in {folder}; say where they are: '
            '--images DIR --masks DIR'
        )
    return photos, others


def pair(
    photos: Sequence[Path], masks: Sequence[Path], root: Path
) -> tuple[list[Item], str, list[Path], list[Path]]:
    """Give each photo its masks.

    Args:
        root: the folder of all; folders below it may be named after splits.

    Returns:
        Items, what the masks are ('label maps' or 'part masks'), photos without a mask, masks without a photo.

    Raises:
        UserError: two photos have one name, or a photo has two label maps.
    """
    names = _names(photos)
    owners: dict[str, list[Path]] = defaultdict(list)
    for photo in photos:
        for key in {
            _key(photo.stem),
            _key(re.sub(r'[_-](image|photo|img|rgb)$', '', photo.stem, flags=re.I)),
        }:
            owners[key].append(photo)
    found: dict[Path, list[tuple[str, Path]]] = defaultdict(list)
    alone = []
    for mask in masks:
        owner, word = _owner(mask, owners, root)
        if owner is None:
            alone.append(mask)
        else:
            found[owner].append((word, mask))
    words = Counter(word for parts in found.values() for word, _ in parts)
    as_maps = all(word.lower() in MAP_WORDS for word in words) and all(
        len(parts) == 1 for parts in found.values()
    )
    if not as_maps:
        # Folders may be named after parts: masks/hair/7.png.
        found = {
            owner: [
                (word if word.lower() not in MAP_WORDS else mask.parent.name, mask) for word, mask in parts
            ]
            for owner, parts in found.items()
        }
        twice = next((o for o, parts in found.items() if len({w for w, _ in parts}) < len(parts)), None)
        if twice:
            listed = ', '.join(mask.name for _, mask in found[twice][:4])
            raise UserError(f'{twice} has several masks of one name: {listed}')
    items = []
    for photo, parts in found.items():
        item = Item(names[photo], photo, split_of(photo, root))
        if as_maps:
            item.label_map = parts[0][1]
        else:
            item.shapes = [Shape(word, 'file', mask) for word, mask in sorted(parts)]
        items.append(item)
    missing = [photo for photo in photos if photo not in found]
    return (
        sorted(items, key=lambda item: item.name),
        'label maps' if as_maps else 'part masks',
        missing,
        alone,
    )


def _key(stem: str) -> str:
    return str(int(stem)) if stem.isdecimal() else stem


def _owner(mask: Path, owners: dict[str, list[Path]], root: Path) -> tuple[Path | None, str]:
    """Return the photo of a mask, and what its name has more than the photo's (`7_hair.png`: hair)."""
    stem = mask.stem
    cuts = [len(stem), *(match.start() for match in re.finditer(r'[_\-. ]', stem))]
    for cut in sorted(cuts, reverse=True):
        candidates = owners.get(_key(stem[:cut]))
        if candidates:
            # Of photos of one name the one in the same split.
            split = split_of(mask, root)
            owner = next((photo for photo in candidates if split_of(photo, root) == split), candidates[0])
            return owner, stem[cut + 1 :]
    return None, ''


def split_of(path: Path, root: Path) -> str | None:
    """Return the split that a folder between `root` and a file is named after."""
    parts = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    return next((SPLIT_WORDS[part.lower()] for part in reversed(parts) if part.lower() in SPLIT_WORDS), None)


def _names(photos: Sequence[Path]) -> dict[Path, str]:
    """Return a name for each photo: that of its file, with that of its folder where two are the same."""
    count = Counter(photo.stem for photo in photos)
    names = {p: p.stem if count[p.stem] == 1 else f'{p.parent.name}_{p.stem}' for p in photos}
    twice = [name for name, number in Counter(names.values()).items() if number > 1]
    if twice:
        both = [str(photo) for photo, name in names.items() if name == twice[0]]
        raise UserError(f'{both[0]} and {both[1]} have one name: rename one of them')
    return names
