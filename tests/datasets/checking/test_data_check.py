"""`facenext data check`: a folder full of accidents, each of which is found and named."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.cli.facenext import main
from mmseg_facenext.datasets import CelebAMaskHQDataset, FaceFoldersDataset
from mmseg_facenext.datasets.checking.findings import near_duplicates
from mmseg_facenext.synthetic.faces import draw_face, face_rng, write_celebamask_tree
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_BISENET

CLASSES = ['background', 'left_eye', 'right_eye', 'nose']


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)


def labels(swapped=False):
    found = np.zeros((64, 64), np.uint8)
    found[20:28, 10:20] = 2 if swapped else 1
    found[20:28, 44:54] = 1 if swapped else 2
    found[34:44, 28:36] = 3
    return found


def scene(n):
    """A picture of its own for each number, with shapes and detail as photos have them."""
    coarse = np.random.default_rng(n).integers(0, 256, (20, 20, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC))


@pytest.fixture
def root(tmp_path):
    """Twelve photos, of which the last three validate."""
    for n in range(12):
        save(tmp_path / f'photos/{n}.jpg', scene(n), quality=95)
        save(tmp_path / f'labels/{n}.png', labels())
    (tmp_path / 'train.txt').write_text(''.join(f'{n}\n' for n in range(9)))
    (tmp_path / 'val.txt').write_text('9\n10\n11\n')
    told = dict(classes=CLASSES, palette=[[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]], flip_pairs=[])
    told['flip_pairs'] = [['left_eye', 'right_eye']]
    (tmp_path / 'dataset.json').write_text(json.dumps(told))
    return tmp_path


def check(root, *options):
    """Return the exit code and the report."""
    try:
        main(['data', 'check', str(root), '--workers', '1', *options])
        code = 0
    except SystemExit as end:
        code = end.code
    return code, json.loads((root / 'check/report.json').read_text())


def test_sound_data_have_no_errors(root):
    code, report = check(root)
    assert code == 0
    assert report['errors'] == {}
    shares = {each['name']: (each['pixels'], each['images']) for each in report['classes']}
    assert shares == {
        'background': (12 * (64 * 64 - 240), 12),
        'left_eye': (960, 12),
        'right_eye': (960, 12),
        'nose': (960, 12),
    }
    page = (root / 'check/report.html').read_text()
    assert not re.search(r'(src|href)="(?!data:)', page)  # nothing is fetched
    assert page.count('data:image/jpeg;base64,') == 12


def test_every_accident_is_found(root):
    photos, maps = root / 'photos', root / 'labels'
    (photos / '0.jpg').write_bytes((photos / '0.jpg').read_bytes()[:600])  # truncated
    save(maps / '1.png', np.full((64, 64), 9))  # no such class
    save(maps / '2.png', np.zeros((64, 32)))  # other proportions
    save(maps / '3.png', labels(swapped=True))
    (maps / '4.png').unlink()
    save(maps / '77.png', labels())  # no photo
    save(
        photos / '5.jpg', np.asarray(Image.open(photos / '9.jpg')), quality=60
    )  # nearly the same, in training
    (photos / '6.jpg').write_bytes((photos / '10.jpg').read_bytes())  # the same
    save(photos / '7.png', scene(7))  # two of one name
    (photos / 'notes.txt').write_text('')
    (photos / '._8.jpg').write_bytes(b'\0\5\26\7')  # of macOS: not looked at
    (root / 'val.txt').write_text('9\n10\n11\n8\n')  # in both lists
    code, report = check(root, '--exclude')
    assert code == 1
    errors = json.dumps(report['errors'])
    for what in (
        r'photos/0.jpg is truncated', r'labels/1.png: ids \[9\]', r'photos/2.jpg is 64x64, but its labels are 32x64',
        r'photos/4.jpg: no label map', r'labels/77.png: no photo', r'7.jpg and 7.png have one name',
        r'8 is in train.txt and in val.txt', r'photos/5.jpg and photos/9.jpg: nearly the same picture, in train',
        r'photos/10.jpg and photos/6.jpg: the same file, in train and val',
    ):  # fmt: skip
        assert re.search(what, errors), what
    assert report['warnings']['left and right look swapped'] == ['photos/3.jpg']
    assert report['warnings']['files that belong to nothing'] == ['photos/notes.txt']
    assert '._8' not in json.dumps(report)
    assert sorted(report['excluded']) == [f'photos/{n}.jpg' for n in (0, 1, 2, 5, 6)]
    # A training on the rest reads the list: of 0 to 8 without 0, 1, 2, 5, 6, and without 4, which has no labels.
    (photos / '7.png').unlink()
    dataset = FaceFoldersDataset(str(root), on_bad_file='skip', metainfo=dict(classes=CLASSES))
    assert [dataset.get_data_info(n)['img_path'][-5] for n in range(len(dataset))] == ['3', '7', '8']


def test_it_goes_on_where_it_stopped(root, monkeypatch):
    check(root)
    looked_at = []
    monkeypatch.setattr(
        'mmseg_facenext.datasets.checking.looking.look',
        lambda root, entry, space: (
            looked_at.append(entry.photo) or {'photo': entry.photo, 'stamp': '', 'problem': 'x'}
        ),
    )
    save(root / 'labels/3.png', labels(swapped=True))
    check(root)
    assert looked_at == ['photos/3.jpg']


def test_orders_of_merged_maps_and_overlaps_of_part_masks(tmp_path):
    write_celebamask_tree(tmp_path / 'raw', count=8, val_count=2, image_size=96, mask_size=96, workers=1)
    _, report = check(tmp_path / 'raw')
    assert report['layout'] == 'CelebAMask-HQ, part masks'
    assert 'order of the classes' not in report['errors']
    assert {'below': 'skin', 'above': 'nose'}.items() <= report['overlaps'][0].items() or report['overlaps']
    renumbered = CELEBAMASK_HQ.remap_to(CELEBAMASK_HQ_BISENET)
    for n in range(8):
        image, face = draw_face(face_rng(seed=3, n=n), 96)
        save(tmp_path / f'merged/CelebA-HQ-img/{n}.jpg', image)
        save(tmp_path / f'merged/CelebA-HQ-mask/{n}.png', renumbered[face])
    code, report = check(tmp_path / 'merged')
    assert code == 1
    assert "taken to be 'celebamask_hq', which nothing says" in report['errors']['order of the classes'][0]
    code, report = check(tmp_path / 'merged', '--label-space', 'celebamask_hq_bisenet')
    assert 'order of the classes' not in report['errors']


def test_excluded_photos_of_published_layouts(tmp_path):
    write_celebamask_tree(tmp_path, count=4, val_count=1, image_size=64, mask_size=64, workers=1)
    (tmp_path / 'excluded.txt').write_text('CelebA-HQ-img/1.jpg\tis blurred\n')
    dataset = CelebAMaskHQDataset(str(tmp_path), split='all')
    assert [dataset.get_data_info(n)['image_id'] for n in range(len(dataset))] == [0, 2, 3]


def test_near_duplicates_by_hand():
    """0xf and 0x0 differ in four bits, 0x1f and 0x0 in five; a flat picture is like nothing."""
    names = ['a', 'b', 'c', 'd', 'e']
    codes = ['0' * 14 + 'a0', '0' * 14 + 'af', '0' * 13 + '1af', '0' * 16, '0' * 16]
    assert near_duplicates(names, codes) == [('a', 'b', 4), ('b', 'c', 1)]


def test_plain_folders_of_splits_are_checked_too(tmp_path):
    for split, n in (('train', 0), ('train', 1), ('val', 2)):
        save(tmp_path / f'photos/{split}/{n}.jpg', scene(n))
        save(tmp_path / f'labels/{split}/{n}.png', labels())
    save(tmp_path / 'photos/val/9.jpg', scene(0))
    save(tmp_path / 'labels/val/9.png', labels())
    code, report = check(tmp_path)
    assert code == 1
    assert report['errors']['duplicates across splits'] == [
        'photos/train/0.jpg and photos/val/9.jpg: the same file, in train and val'
    ]
    assert len(report['classes']) == 4
