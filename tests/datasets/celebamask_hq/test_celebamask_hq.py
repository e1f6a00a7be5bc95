import logging
import os
import pickle
import re
from collections import OrderedDict

import numpy as np
import pytest
from mmengine.logging import MMLogger
from mmseg.registry import DATASETS
from PIL import Image
from torch._utils import ExceptionWrapper
from torch.utils.data import DataLoader

from mmseg_facenext.datasets.celebamask_hq import folders as celebamask_folders
from mmseg_facenext.datasets.celebamask_hq.dataset import CelebAMaskHQDataset
from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE

LOAD = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')]
# In every photo: skin everywhere, hair in the right column, a hat over the hair in the top right pixel.
PARTS = {'skin': [[1, 1], [1, 1]], 'hair': [[0, 1], [0, 1]], 'hat': [[0, 1], [0, 0]]}
LABELS = [[1, 14], [1, 13]]
SEGFACE_LABELS = [[2, 16], [2, 14]]


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(pixels, np.uint8)).save(path)


def add_photo(root, n, ending='jpg'):
    save(root / 'CelebA-HQ-img' / f'{n}.{ending}', np.full((4, 4, 3), n % 200))


def add_masks(root, n, parts=PARTS):
    for part, pixels in parts.items():
        save(
            root / 'CelebAMask-HQ-mask-anno' / str(n // 2000) / f'{n:05d}_{part}.png', np.array(pixels) * 255
        )


def write_split(root, **ids):
    for split, numbers in ids.items():
        (root / f'{split}_split.txt').write_text('\n'.join(map(str, numbers)))


@pytest.fixture
def raw(tmp_path):
    for n in (0, 1, 2000, 2003):
        add_photo(tmp_path, n)
        add_masks(tmp_path, n)
    write_split(tmp_path, train=(2000, 0, 2003), val=(1,))
    return tmp_path


@pytest.fixture
def merged(tmp_path):
    for n in (0, 1, 2):
        add_photo(tmp_path, n, 'png')
        save(tmp_path / 'CelebA-HQ-mask' / f'{n}.png', LABELS)
    write_split(tmp_path, train=(0, 1), val=(2,))
    return tmp_path


def build(root, **kwargs):
    kwargs.setdefault('split_source', '{split}_split.txt')
    return CelebAMaskHQDataset(str(root), pipeline=kwargs.pop('pipeline', LOAD), **kwargs)


def labels_of(dataset):
    return [dataset[i]['gt_seg_map'].tolist() for i in range(len(dataset))]


def test_raw_layout_is_merged(raw):
    dataset = build(raw)
    assert dataset.layout == 'raw'
    assert [dataset[i]['image_id'] for i in range(3)] == [2000, 0, 2003]
    assert labels_of(dataset) == [LABELS] * 3
    assert dataset[1]['img'].shape == (4, 4, 3)
    assert dataset[1]['ori_shape'] == (2, 2)


def test_merged_layout_is_read_and_images_may_be_png(merged):
    dataset = build(merged, split='val')
    assert dataset.layout == 'merged'
    assert dataset[0]['img_path'].endswith('CelebA-HQ-img/2.png')
    assert labels_of(dataset) == [LABELS]
    assert not (merged / 'merged-labels').exists()


def test_registered_and_described():
    dataset = DATASETS.build(dict(type='CelebAMaskHQDataset', data_root='nowhere', lazy_init=True))
    assert dataset.metainfo['classes'] == CELEBAMASK_HQ.classes
    assert dataset.metainfo['palette'] == [list(colour) for colour in CELEBAMASK_HQ.palette]
    assert dataset.metainfo['label_space'] == 'celebamask_hq'
    other = build('nowhere', label_space='celebamask_hq_segface', lazy_init=True)
    assert other.metainfo['classes'] == CELEBAMASK_HQ_SEGFACE.classes
    assert other.metainfo['label_space'] == 'celebamask_hq_segface'


def test_label_space_decides_about_painting_order_too(raw):
    add_masks(raw, 0, {'neck': [[0, 0], [1, 0]]})  # over skin in the data set's order, under it in SegFace's
    assert labels_of(build(raw))[1] == [[1, 14], [17, 13]]
    segface = build(raw, label_space='celebamask_hq_segface')
    assert labels_of(segface) == [SEGFACE_LABELS] * 3
    assert (raw / 'merged-labels' / 'celebamask_hq_segface' / '0.png').is_file()


def test_other_label_spaces_are_painted_first_and_translated_then(raw):
    assert labels_of(build(raw, label_space='lapa')) == [[[1, 255], [1, 10]]] * 3  # LaPa knows no hats


def test_merged_labels_are_translated(merged):
    assert labels_of(build(merged, label_space='celebamask_hq_segface')) == [SEGFACE_LABELS] * 2


def test_merged_labels_in_a_marked_label_space(merged):
    for n in (0, 1):
        save(merged / 'CelebA-HQ-mask' / f'{n}.png', SEGFACE_LABELS)
    (merged / 'CelebA-HQ-mask' / 'label_space.txt').write_text('celebamask_hq_segface\n')
    assert labels_of(build(merged)) == [LABELS] * 2


def test_auto_takes_merged_only_if_complete_and_painted_in_the_same_order(raw):
    for n in (2000, 0):
        save(raw / 'CelebA-HQ-mask' / f'{n}.png', LABELS)
    assert build(raw).layout == 'raw'
    save(raw / 'CelebA-HQ-mask' / '2003.png', LABELS)
    assert build(raw).layout == 'merged'
    assert build(raw, label_space='celebamask_hq_segface').layout == 'raw'
    assert build(raw, layout='raw').layout == 'raw'
    assert build(raw, layout='merged', label_space='celebamask_hq_segface').layout == 'merged'


@pytest.mark.parametrize('layout', ['auto', 'merged'])
def test_the_folder_of_merged_labels_is_listed_once(merged, monkeypatch, layout):
    (merged / 'CelebAMask-HQ-mask-anno').mkdir()
    listed = []
    for name in ('list_images', 'list_label_maps'):
        original = getattr(celebamask_folders, name)
        monkeypatch.setattr(
            celebamask_folders,
            name,
            lambda folder, original=original: listed.append(folder.name) or original(folder),
        )
    build(merged, layout=layout)
    assert listed == ['CelebA-HQ-img', 'CelebA-HQ-mask']


def test_other_folder_names_in_the_way_of_mmseg(merged, tmp_path):
    (merged / 'CelebA-HQ-img').rename(merged / 'photos')
    (merged / 'CelebA-HQ-mask').rename(merged / 'labels')
    prefix = dict(img_path='photos', seg_map_path='labels')
    dataset = build(merged, data_prefix=prefix, ann_file='val_split.txt', split='val')
    assert labels_of(dataset) == [LABELS]


def test_subset_of_the_classes(raw):
    dataset = build(raw, metainfo=dict(classes=['hat', 'background', 'skin']))
    assert labels_of(dataset)[0] == [[2, 0], [2, 255]]
    assert dataset.metainfo['palette'] == [list(CELEBAMASK_HQ.palette[label]) for label in (14, 0, 1)]
    with pytest.raises(UserError, match=r"'celebamask_hq' has no class 'beard'; it has background, skin"):
        build(raw, metainfo=dict(classes=['beard']))


@pytest.mark.parametrize('metainfo', [None, dict(classes=['hat', 'background', 'skin'])])
def test_ids_that_are_no_class_are_named_in_training_too(merged, metainfo):
    save(merged / 'CelebA-HQ-mask' / '1.png', [[1, 19], [200, 255]])
    dataset = build(merged, metainfo=metainfo)
    dataset[0]
    with pytest.raises(
        UserError, match=r"1.png has label ids \[19, 200\]; label space 'celebamask_hq' has ids 0 to 18"
    ):
        dataset[1]


def test_flip_uses_the_label_space_of_the_data_set(raw):
    for n in (0, 2000, 2003):
        add_masks(raw, n, {'neck': np.zeros((2, 2)), 'l_eye': [[0, 0], [1, 0]]})
    flip = [*LOAD, dict(type='FaceFlip', prob=1.0)]
    assert labels_of(build(raw, pipeline=flip))[0] == [[14, 1], [13, 5]]


def test_indices_and_unserialized_lists_work(raw):
    assert len(build(raw, indices=2)) == 2
    assert labels_of(build(raw, serialize_data=False)) == [LABELS] * 3
    assert labels_of(build(raw).get_subset([2])) == [LABELS]
    assert labels_of(pickle.loads(pickle.dumps(build(raw)))) == [LABELS] * 3


# --- the cache ---------------------------------------------------------------------------------------


def cached(root, n=0):
    return root / 'merged-labels' / 'celebamask_hq' / f'{n}.png'


def test_cache_is_written_once_and_read_afterwards(raw):
    labels_of(build(raw))
    assert np.array(Image.open(cached(raw))).tolist() == LABELS
    before = cached(raw).stat().st_mtime_ns
    assert labels_of(build(raw)) == [LABELS] * 3
    assert cached(raw).stat().st_mtime_ns == before
    assert sorted(p.name for p in cached(raw).parent.iterdir()) == ['0.png', '2000.png', '2003.png']


def test_cache_may_be_elsewhere(raw, tmp_path_factory):
    cache = tmp_path_factory.mktemp('cache')
    labels_of(build(raw, cache_dir=str(cache)))
    assert (cache / 'celebamask_hq' / '2000.png').is_file()
    assert not (raw / 'merged-labels').exists()


@pytest.mark.parametrize('change', ['edited', 'older', 'added', 'removed'])
def test_cache_follows_the_masks(raw, change):
    dataset = build(raw)
    dataset[1]
    if change == 'added':
        add_masks(raw, 0, {'nose': [[1, 0], [0, 0]]})
        expected = [[2, 14], [1, 13]]
    elif change == 'removed':
        (raw / 'CelebAMask-HQ-mask-anno' / '0' / '00000_hat.png').unlink()
        expected = [[1, 13], [1, 13]]
    else:
        add_masks(raw, 0, {'hat': [[0, 0], [0, 1]]})
        expected = [[1, 13], [1, 14]]
        if change == 'older':  # as when masks of an earlier date are unpacked over the others
            os.utime(raw / 'CelebAMask-HQ-mask-anno' / '0' / '00000_hat.png', (1, 1))
    assert build(raw)[1]['gt_seg_map'].tolist() == expected


@pytest.mark.parametrize('damage', [b'', b'\x89PNG\r\n\x1a\n', b'hello'])
def test_damaged_cache_is_made_again(raw, damage):
    dataset = build(raw)
    dataset[1]
    whole = cached(raw).read_bytes()
    cached(raw).write_bytes(damage or whole[: len(whole) - 30])
    assert dataset[1]['gt_seg_map'].tolist() == LABELS
    assert cached(raw).read_bytes() == whole


def test_cache_of_a_stranger_is_not_trusted(raw):
    dataset = build(raw)
    save(cached(raw), [[9, 9], [9, 9]])
    assert dataset[1]['gt_seg_map'].tolist() == LABELS


@pytest.fixture
def warnings(monkeypatch):
    logged = []

    def record(message, logger=None, level=logging.INFO):
        logged.append(str(message))

    for module in ('celebamask_hq.dataset', 'face_dataset'):
        monkeypatch.setattr(f'mmseg_facenext.datasets.{module}.print_log', record)
    monkeypatch.setattr('mmseg_facenext.datasets.transforms.loading.load_face_labels.print_log', record)
    return logged


def test_without_a_place_for_the_cache_one_warning_and_on(raw, warnings):
    (raw / 'merged-labels').write_text('a file is in the way')
    assert labels_of(build(raw)) == [LABELS] * 3
    assert len(warnings) == 1
    assert re.search(r'cannot keep merged labels in .*merged-labels.*; set cache_dir', warnings[0])


def test_full_disk_while_caching_one_warning_and_nothing_half_written(raw, warnings, monkeypatch):
    def full(self, path, **kwargs):
        path.write_bytes(b'half')
        raise OSError(28, 'No space left on device', str(path))

    dataset = build(raw)
    monkeypatch.setattr(Image.Image, 'save', full)
    assert labels_of(dataset) == [LABELS] * 3
    assert len(warnings) == 1
    assert 'No space left on device' in warnings[0]
    assert list(cached(raw).parent.iterdir()) == []


def test_many_workers_share_the_cache(raw):
    loader = DataLoader(build(raw), num_workers=2, batch_size=None)
    for _ in range(2):
        assert [sample['gt_seg_map'].tolist() for sample in loader] == [LABELS] * 3


# --- bad input ---------------------------------------------------------------------------------------


def test_missing_root_and_folders_say_what_was_looked_for_and_where(tmp_path):
    with pytest.raises(
        UserError, match=r'data_root .*nowhere is not a folder; give the root of the unpacked'
    ):
        build(tmp_path / 'nowhere')
    with pytest.raises(UserError, match=r'no folder .*CelebA-HQ-img with the images <id>.jpg'):
        build(tmp_path)
    add_photo(tmp_path, 0)
    write_split(tmp_path, train=(0,))
    expected = (
        r'looked for part masks \(raw layout\) in .*CelebAMask-HQ-mask-anno and for merged label maps \(merged '
        r'layout\) in .*CelebA-HQ-mask;'
    )
    with pytest.raises(UserError, match=expected):
        build(tmp_path)
    with pytest.raises(UserError, match=r"layout='raw', but there is no folder .*mask-anno"):
        build(tmp_path, layout='raw')


@pytest.mark.parametrize('given', ['.', 'CelebAMask-HQ/CelebA-HQ-img', 'CelebAMask-HQ/gone'])
def test_folder_one_level_off_is_noticed(tmp_path, given):
    root = tmp_path / 'CelebAMask-HQ'
    add_photo(root, 0)
    with pytest.raises(UserError, match=rf'found {root}/CelebA-HQ-img, so the root to give is {root}$'):
        build(tmp_path / given)


@pytest.mark.parametrize('content', [b'nonsense', b'\xff\xfe\x00'])
def test_marker_of_an_unknown_label_space_is_named(merged, content):
    marker = merged / 'CelebA-HQ-mask' / 'label_space.txt'
    marker.write_bytes(content)
    with pytest.raises(UserError, match=rf'{marker} names the label space .*; known are celebamask_hq, '):
        build(merged, layout='merged')


def test_images_without_labels_are_counted_and_named(raw, merged):
    for photo in (raw / 'CelebA-HQ-img').glob('*.png'):
        photo.unlink()  # of the fixture `merged`, which are there as .jpg too
    add_photo(raw, 7)
    write_split(raw, train=(0, 7))
    with pytest.raises(
        UserError, match=r'1 image \(7\) without any part mask <id // 2000>/<id:05d>_<part>.png in'
    ):
        build(raw, layout='raw')
    with pytest.raises(UserError, match=r'1 image \(7\) without any label map <id>.png in .*CelebA-HQ-mask'):
        build(raw, layout='merged')


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(layout='zip'), "unknown layout 'zip'; choose one of auto, raw, merged"),
        (dict(label_space='x'), "unknown label space 'x'; choose one of celebamask_hq"),
        (dict(on_bad_file='ignore'), "on_bad_file must be 'error' or 'skip', got 'ignore'"),
        (dict(reduce_zero_label=True), 'reduce_zero_label would drop the background class'),
        (dict(split='dev'), "unknown split 'dev'"),
    ],
)
def test_settings_that_do_not_exist(raw, kwargs, message):
    with pytest.raises(UserError, match=message):
        build(raw, **kwargs)


def break_photo(root, n):
    path = root / 'CelebA-HQ-img' / f'{n}.jpg'
    path.write_bytes(path.read_bytes()[:-30])


def test_bad_photo_is_named(raw):
    break_photo(raw, 0)
    with pytest.raises(UserError, match=r'CelebA-HQ-img/0.jpg is truncated or damaged'):
        build(raw)[1]


def test_bad_photo_is_named_through_workers(raw):
    break_photo(raw, 0)
    try:
        build(raw)[1]
    except UserError:
        carried = ExceptionWrapper(where='in DataLoader worker process 0')  # as torch's workers do
    with pytest.raises(UserError, match=r'(?s)DataLoader worker.*UserError: .*0.jpg is truncated'):
        carried.reraise()


def test_proportions_of_raw_masks_are_checked(raw):
    save(raw / 'CelebA-HQ-img' / '0.jpg', np.zeros((4, 9, 3)))
    with pytest.raises(UserError, match=r'0.jpg is 9x4, but its labels are 2x2 \(.*\); sizes may differ'):
        build(raw)[1]


def test_training_skips_and_counts_bad_files(raw, warnings):
    break_photo(raw, 0)
    dataset = build(raw, on_bad_file='skip')
    np.random.seed(0)  # noqa: NPY002 (what mmengine seeds)
    for _ in range(5):
        assert dataset[1]['image_id'] in (2000, 2003)
    assert dataset.num_bad_files == 1
    assert len(warnings) == 1
    assert re.search(r'skipping image 0, 1 of 3 skipped so far: .*0.jpg is truncated', warnings[0])


def test_a_bad_file_is_named_by_whichever_rank_meets_it(raw, monkeypatch, capsys):
    for module in ('mmengine.dist', 'mmseg_facenext.datasets.face_dataset'):
        monkeypatch.setattr(f'{module}.get_rank', lambda: 3)
        monkeypatch.setattr(f'{module}.get_world_size', lambda: 4)
    monkeypatch.setattr(MMLogger, '_instance_dict', OrderedDict())
    MMLogger.get_instance('rank 3')  # as mmengine makes it there: deaf to warnings
    break_photo(raw, 0)
    build(raw, on_bad_file='skip')[1]
    said = capsys.readouterr().out
    assert re.search(r'skipping image 0, 1 of 3 skipped so far by rank 3: .*0.jpg is truncated', said)


def test_workers_count_bad_files_together(raw):
    break_photo(raw, 0)
    break_photo(raw, 2003)
    dataset = build(raw, on_bad_file='skip')
    ids = [sample['image_id'] for sample in DataLoader(dataset, num_workers=2, batch_size=None)]
    assert ids == [2000] * 3
    assert dataset.num_bad_files == 2


def test_all_photos_gone_while_training_is_said(raw):
    dataset = build(raw, on_bad_file='skip', max_refetch=1)
    for photo in raw.glob('CelebA-HQ-img/*'):
        photo.unlink()
    with pytest.raises(UserError, match=r'images .* cannot be used, 1 in a row: has the folder .* gone'):
        dataset[0]


def test_a_score_never_skips(raw):
    break_photo(raw, 1)
    with pytest.raises(UserError, match=r'1.jpg is truncated'):
        build(raw, split='val', on_bad_file='skip')[0]
    with pytest.raises(UserError, match=r'1.jpg is truncated'):
        build(raw, split='all', on_bad_file='skip', test_mode=True)[1]


def test_nothing_left_to_train_on_is_an_error(raw, warnings):
    for n in (0, 2000, 2003):
        break_photo(raw, n)
    with pytest.raises(
        UserError, match=r"none of the 3 images of split 'train' can be used; the last: .*trunc"
    ):
        build(raw, on_bad_file='skip')[0]
