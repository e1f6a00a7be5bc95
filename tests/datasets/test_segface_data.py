"""What SegFace's networks see and are scored against, by its configs, and a plain version of the published steps."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from mmseg.registry import DATASETS
from PIL import Image

from mmseg_facenext.config.load import load_config
from mmseg_facenext.synthetic.faces import write_celebamask_tree
from mmseg_facenext.synthetic.landmarked import write_helen_tree, write_lapa_tree
from mmseg_facenext.taxonomy import CELEBAMASK_HQ_SEGFACE

CONFIGS = Path(__file__).parents[2] / 'local_configs/segface'


def dataset_of(config, loader, root, **changes):
    cfg = load_config(CONFIGS / config, {'data_root': str(root)})
    return DATASETS.build({**cfg[f'{loader}_dataloader'].dataset, **changes})


def resized(photo, labels, side):
    """As torchvision's `resize` of Pillow images does it."""
    photo = Image.fromarray(photo).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(photo), np.asarray(
        Image.fromarray(labels).resize((side, side), Image.Resampling.NEAREST)
    )


def assert_is(sample, photo, labels, stored):
    """The data set's sample has this RGB photo and these labels, and is scored at their size."""
    np.testing.assert_array_equal(sample['inputs'].numpy().transpose(1, 2, 0)[..., ::-1], photo)
    found = sample['data_samples']
    np.testing.assert_array_equal(found.gt_sem_seg.data[0].numpy(), labels)
    if stored is not None:
        assert found.ori_shape == labels.shape
        assert found.label_shape == stored


@pytest.fixture(scope='module')
def helen(tmp_path_factory):
    """Photos of 200x200 cut to 200x100, so that squares reach out of them."""
    root = tmp_path_factory.mktemp('helen')
    write_helen_tree(root / 'x', 6, image_size=200, val_count=2, workers=1)
    for file in root.glob('x/*/*_*_*.*'):
        picture = Image.open(file)
        picture.crop((50, 0, 150, 200)).save(file, **(dict(quality=95) if file.suffix == '.jpg' else {}))
    lines = []
    for line in (root / 'x/landmarks.txt').read_text().splitlines():
        *numbers, name = line.split()
        points = np.array(numbers, float).reshape(68, 2) - [100, 0]  # in pixels of photos twice as large
        lines.append(' '.join(f'{value:.2f}' for value in points.ravel()) + f' {name}\n')
    (root / 'x/landmarks.txt').write_text(''.join(lines))
    return root / 'x'


@pytest.mark.parametrize('split', ['train', 'test'])
def test_helen_is_cut_by_halved_landmarks(helen, split):
    table = {
        line.split()[-1]: line.split()[:-1] for line in (helen / 'landmarks.txt').read_text().splitlines()
    }
    folder = 'train' if split == 'train' else 'test'
    dataset = dataset_of('segface.swin_b.512.helen.py', split, helen)
    cut_off = []
    for index in range(len(dataset)):
        name = Path(dataset.get_data_info(index)['img_path']).name.removesuffix('_image.jpg')
        photo = cv2.imread(str(helen / folder / f'{name}_image.jpg'))[..., ::-1]
        labels = cv2.imread(str(helen / folder / f'{name}_label.png'), cv2.IMREAD_GRAYSCALE)
        # In float64 from here on: a centre may be a whole number up to rounding.
        points = np.array(table[name], np.float32).reshape(68, 2).astype(float) / 2
        start, extent = points.min(0), points.max(0) - points.min(0) + 1
        side = int(1.2 * extent.max())
        left, top = (int(middle) - side // 2 for middle in start + extent / 2)
        rows = slice(max(0, top), min(200, top + side))
        columns = slice(max(0, left), min(100, left + side))
        cut_off.append(rows.stop - rows.start != columns.stop - columns.start)
        photo, labels = photo[rows, columns], labels[rows, columns]
        stored = labels.shape
        photo, labels = resized(np.ascontiguousarray(photo), labels, 512)
        assert_is(dataset[index], photo, labels, stored if split == 'test' else None)
    assert any(cut_off)  # squares reach out of the photo


@pytest.mark.parametrize('side', [224, 448])
def test_lapa_is_resized_with_its_landmarks(tmp_path, side):
    write_lapa_tree(tmp_path / 'x', 3, image_size=150, val_count=1, workers=1)
    dataset = dataset_of(f'segface.swin_b.{side}.lapa.py', 'test', tmp_path / 'x')
    (name,) = [path.stem for path in (tmp_path / 'x/test/images').iterdir()]
    photo = cv2.imread(str(tmp_path / f'x/test/images/{name}.jpg'))[..., ::-1]
    labels = cv2.imread(str(tmp_path / f'x/test/labels/{name}.png'), cv2.IMREAD_GRAYSCALE)
    sample = dataset[0]
    assert_is(sample, *resized(np.ascontiguousarray(photo), labels, side), (150, 150))
    numbers = np.array((tmp_path / f'x/test/landmarks/{name}.txt').read_text().split()[1:], float)
    points = numbers.reshape(106, 2) * side / 150
    five = [(points[74] + points[104]) / 2, (points[83] + points[105]) / 2, *points[[54, 84, 90]]]
    np.testing.assert_allclose(sample['data_samples'].landmarks, five, rtol=1e-5)


@pytest.mark.parametrize('side', [224, 512])
def test_celebamask_hq_is_resized(tmp_path, side):
    write_celebamask_tree(tmp_path / 'x', count=3, val_count=1, image_size=96, mask_size=64, workers=1)
    split = dict(split_source='{split}_split.txt', split='val')
    dataset = dataset_of(f'segface.swin_b.{side}.celebamaskhq.py', 'test', tmp_path / 'x', **split)
    info = dataset.get_data_info(0)
    photo = cv2.imread(info['img_path'])[..., ::-1]
    number = int(Path(info['img_path']).stem)
    labels = np.zeros((64, 64), np.uint8)
    for label, part in enumerate(CELEBAMASK_HQ_SEGFACE.classes[1:], start=1):
        file = tmp_path / f'x/CelebAMask-HQ-mask-anno/0/{number:05d}_{part}.png'
        if file.exists():
            labels[cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) > 0] = label
    assert_is(dataset[0], *resized(np.ascontiguousarray(photo), labels, side), (64, 64))
