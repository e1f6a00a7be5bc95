"""LaPa and Helen: what they have in common and where they differ."""

import shutil

import numpy as np
import pytest
from mmseg.registry import DATASETS
from PIL import Image

from mmseg_facenext.datasets import HelenDataset, LaPaDataset
from mmseg_facenext.errors import UserError
from mmseg_facenext.synthetic.landmarked import write_helen_tree, write_lapa_tree
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, HELEN, LAPA

LOAD = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')]
WRITERS = {LaPaDataset: write_lapa_tree, HelenDataset: write_helen_tree}
LABEL = {LaPaDataset: 'train/labels/000000_0.png', HelenDataset: 'train/000000_1_label.png'}
IMAGE = {LaPaDataset: 'train/images/000000_0.jpg', HelenDataset: 'train/000000_1_image.jpg'}
LANDMARKS = {LaPaDataset: 'train/landmarks/000000_0.txt', HelenDataset: 'landmarks.txt'}


@pytest.fixture(scope='module', params=WRITERS, ids=lambda kind: kind.__name__)
def drawn(request, tmp_path_factory):
    root = tmp_path_factory.mktemp('drawn') / 'faces'
    WRITERS[request.param](root, 8, seed=2, image_size=64, val_count=1, workers=1)
    return request.param, root


@pytest.fixture
def tree(drawn, tmp_path):
    """The class and a copy that a test may spoil."""
    kind, root = drawn
    return kind, shutil.copytree(root, tmp_path / 'data')


def test_splits(drawn):
    kind, root = drawn
    sizes = {split: len(kind(str(root), split)) for split in kind.splits}
    assert sizes == ({'train': 6, 'val': 1, 'test': 1} if kind is LaPaDataset else {'train': 7, 'test': 1})
    assert len(kind(str(root), 'all')) == 8
    with pytest.raises(UserError, match=f"{kind.__name__} has no split 'tst'; choose one of train, "):
        kind(str(root), 'tst')


@pytest.mark.parametrize('argument', [dict(ann_file='list.txt'), dict(data_prefix=dict(img_path='x'))])
def test_arguments_that_would_do_nothing_are_refused(drawn, argument):
    kind, root = drawn
    with pytest.raises(UserError, match=f'{kind.__name__} takes no {next(iter(argument))}'):
        kind(str(root), **argument)


def test_registered_and_described(drawn):
    kind, root = drawn
    space = LAPA if kind is LaPaDataset else HELEN
    dataset = DATASETS.build(dict(type=kind.__name__, data_root=str(root), lazy_init=True))
    assert dataset.metainfo['classes'] == space.classes
    assert dataset.metainfo['label_space'] == space.name


def test_landmarks_lie_on_the_parts_they_name(drawn):
    """Unless glasses, hair or a hat cover them: then the label is another one."""
    kind, root = drawn
    dataset = kind(str(root), 'all', pipeline=LOAD)
    hits = np.zeros(5)
    for sample in dataset:
        assert sample['landmarks'].shape == (5, 2)
        assert sample['landmarks'].dtype == np.float32
        x, y = sample['landmarks'].round().astype(int).T
        found = np.array([HELEN.titles[label] for label in sample['gt_seg_map'][y, x]])
        corner = sample['gt_seg_map'][y[3:, None, None] + [[-1], [0], [1]], x[3:, None, None] + [-1, 0, 1]]
        lips = np.isin(corner, [7, 8, 9]).any(axis=(1, 2))
        hits += [*(found[:3] == ['left eye', 'right eye', 'nose']), *lips]
    assert (hits >= 5).all()


def test_other_label_spaces(drawn):
    kind, root = drawn
    own = kind(str(root), pipeline=LOAD)[0]['gt_seg_map']
    other = kind(str(root), pipeline=LOAD, label_space='celebamask_hq')[0]['gt_seg_map']
    # The image's left eye is the person's right one.
    assert ((own == 4) == (other == CELEBAMASK_HQ.index('r_eye'))).all()
    assert ((own == 10) == (other == CELEBAMASK_HQ.index('hair'))).all()


def test_a_flip_keeps_landmarks_and_labels_together(drawn):
    kind, root = drawn
    plain = kind(str(root), pipeline=LOAD)[0]
    flipped = kind(str(root), pipeline=[*LOAD, dict(type='FaceFlip', prob=1.0)])[0]
    np.testing.assert_allclose(flipped['landmarks'][0], [63, 0] + plain['landmarks'][1] * [-1, 1], atol=1e-4)
    x, y = flipped['landmarks'][0].round().astype(int)
    assert flipped['gt_seg_map'][y, x] == 4


def test_photos_with_landmarks_are_not_read_at_a_smaller_scale(drawn):
    kind, root = drawn
    small = [dict(type='LoadFaceImage', at_least=(8, 8))]
    assert kind(str(root), pipeline=small)[0]['img'].shape == (64, 64, 3)
    assert kind(str(root), landmarks=False, pipeline=small)[0]['img'].shape == (8, 8, 3)


@pytest.mark.parametrize('folder', [None, 'kept'])
def test_landmarks_follow_steps_that_run_once(drawn, tmp_path, folder):
    kind, root = drawn
    steps = [*LOAD, dict(type='FaceResize', scale=(128, 128))]
    once = [dict(type='PrepareOnce', steps=steps, folder=folder and str(tmp_path / folder))]
    expected = kind(str(root), pipeline=steps)[0]['landmarks']
    dataset = kind(str(root), pipeline=once)
    for _ in range(2):
        assert dataset[0]['landmarks'].tolist() == expected.tolist()


def test_landmarks_need_not_be_there_for_models_without_them(tree):
    kind, root = tree
    (root / LANDMARKS[kind]).unlink()
    assert 'landmarks' not in kind(str(root), landmarks=False, pipeline=LOAD)[0]
    with pytest.raises(UserError, match=r'landmarks.* set landmarks=False for a model that needs none'):
        kind(str(root))


@pytest.mark.parametrize('text', ['106\n1 2\n', 'nonsense', '', '\n'.join(['106', *['nan 1'] * 106])])
def test_damaged_landmarks_name_the_file(tree, text):
    kind, root = tree
    (root / LANDMARKS[kind]).write_text(text)
    with pytest.raises(UserError, match=str(root / LANDMARKS[kind])):
        kind(str(root), pipeline=LOAD)[0]


def test_lapa_landmarks_by_hand(tmp_path):
    write_lapa_tree(tmp_path / 'x', 3, image_size=32, workers=1)
    path = tmp_path / 'x/train/landmarks/000000_0.txt'
    path.write_text('106\n' + ''.join(f'{i} {i / 10}\n' for i in range(106)))
    landmarks = LaPaDataset(str(tmp_path / 'x')).get_data_info(0)['landmarks']
    np.testing.assert_allclose(landmarks, [[89, 8.9], [94, 9.4], [54, 5.4], [84, 8.4], [90, 9.0]], rtol=1e-6)


@pytest.mark.parametrize('name', ['000000_1', '000000_1.jpg', 'train/000000_1_image.jpg'])
def test_helen_landmarks_by_hand(tmp_path, name):
    write_helen_tree(tmp_path / 'x', 2, image_size=32, workers=1)
    (tmp_path / 'x/landmarks.txt').write_text(' '.join(f'{i} {2 * i}' for i in range(68)) + f' {name}\n')
    five = np.array([[38.5, 77], [44.5, 89], [30, 60], [48, 96], [54, 108]])
    info = HelenDataset(str(tmp_path / 'x')).get_data_info(0)
    assert info['landmarks'].tolist() == (five / 2).tolist()
    assert info['face_box'].tolist() == [0, 0, 33.5, 67]
    info = HelenDataset(str(tmp_path / 'x'), landmark_scale=1.0).get_data_info(0)
    assert info['landmarks'].tolist() == five.tolist()


def test_missing_labels_are_counted(tree):
    kind, root = tree
    (root / LABEL[kind]).unlink()
    with pytest.raises(UserError, match=r'1 image \(000000_\d\) of .*train without a label map'):
        kind(str(root))


def test_wrong_folders_say_where_the_right_one_is(tree, tmp_path):
    kind, root = tree
    for wrong in (root / 'train', tmp_path):
        with pytest.raises(UserError, match=f'so the data_root to give is {root}'):
            kind(str(wrong))
    with pytest.raises(UserError, match=r'no folder .*data_root is the folder with train, .* from https'):
        kind('nowhere')


def test_bad_files_are_errors_or_skipped(tree):
    kind, root = tree
    (root / IMAGE[kind]).write_bytes((root / IMAGE[kind]).read_bytes()[:200])
    with pytest.raises(UserError, match='truncated or damaged'):
        kind(str(root), pipeline=LOAD)[0]
    dataset = kind(str(root), pipeline=LOAD, on_bad_file='skip')
    assert dataset[0]['name'] != '000000'
    assert dataset.num_bad_files == 1


@pytest.mark.parametrize(
    ('labels', 'said'),
    [
        (np.full((64, 64), 11), r'has label ids \[11\]; label space .* has ids 0 to 10'),
        (np.zeros((64, 32)), r'is 64x64, but its labels are 32x64'),
    ],
)
def test_wrong_labels(tree, labels, said):
    kind, root = tree
    Image.fromarray(labels.astype(np.uint8)).save(root / LABEL[kind])
    with pytest.raises(UserError, match=said):
        kind(str(root), pipeline=LOAD)[0]
