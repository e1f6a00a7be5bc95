"""Small trees in the layouts of the general data sets: photos of three stripes, one of them ignored."""

from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 50, 75


def write_pair(photo: Path, labels: Path, ids: list[int]) -> None:
    """A noisy photo of vertical stripes, and their label ids."""
    stripes = np.repeat(ids, -(-WIDTH // len(ids)))[:WIDTH]
    label_map = np.tile(stripes, (HEIGHT, 1)).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 40, (HEIGHT, WIDTH, 3))
    for path, array in ((photo, (label_map[..., None] // 2 + noise).astype(np.uint8)), (labels, label_map)):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(path)


def write_ade(root: Path) -> None:
    for split in ('training', 'validation'):
        for i in range(2):
            write_pair(
                root / f'images/{split}/ADE_{i}.jpg', root / f'annotations/{split}/ADE_{i}.png', [0, 1, 150]
            )


def write_cityscapes(root: Path) -> None:
    for split in ('train', 'val'):
        for i in range(2):
            name = f'{split}/ulm/ulm_{i}'
            write_pair(
                root / f'leftImg8bit/{name}_leftImg8bit.png',
                root / f'gtFine/{name}_gtFine_labelTrainIds.png',
                [255, 0, 18],
            )


def write_coco_stuff(root: Path) -> None:
    for split in ('train2017', 'val2017'):
        for i in range(2):
            write_pair(
                root / f'images/{split}/{i}.jpg',
                root / f'annotations/{split}/{i}_labelTrainIds.png',
                [255, 0, 170],
            )


def write_voc(root: Path) -> None:
    lists = {'train': ['a'], 'aug': ['b'], 'val': ['c', 'd']}
    (root / 'ImageSets/Segmentation').mkdir(parents=True)
    for split, names in lists.items():
        (root / f'ImageSets/Segmentation/{split}.txt').write_text('\n'.join(names) + '\n')
        folder = 'SegmentationClassAug' if split == 'aug' else 'SegmentationClass'
        for name in names:
            write_pair(root / f'JPEGImages/{name}.jpg', root / f'{folder}/{name}.png', [255, 0, 20])
