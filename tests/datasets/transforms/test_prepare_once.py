"""Steps that run once per image."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmseg.registry import TRANSFORMS

from mmseg_facenext.datasets import CelebAMaskHQDataset, PrepareOnce
from mmseg_facenext.errors import UserError

STEPS = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='FaceResize', scale=(48, 40), keep_ratio=False),
]


@pytest.fixture
def info(faces, tmp_path) -> dict:
    root = shutil.copytree(faces, tmp_path / 'faces')
    dataset = CelebAMaskHQDataset(str(root), split='all', layout='raw', pipeline=[])
    return dataset.get_data_info(2)


def same(left, right) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(left[key], right[key]) for key in left)


def count_loads(monkeypatch) -> list[str]:
    loads = []
    load = TRANSFORMS.get('LoadFaceImage').transform

    def counted(self, results):
        loads.append(results['img_path'])
        return load(self, results)

    monkeypatch.setattr(TRANSFORMS.get('LoadFaceImage'), 'transform', counted)
    return loads


def test_the_second_time_comes_from_disk_and_is_the_same(info, tmp_path, monkeypatch):
    loads = count_loads(monkeypatch)
    expected = PrepareOnce(STEPS)(dict(info))
    step = PrepareOnce(STEPS, folder=str(tmp_path / 'prepared'))
    first, second = step(dict(info)), step(dict(info))
    assert len(loads) == 2  # without a folder, and once with it
    assert same(first, expected)
    assert same(second, expected)
    for key in ('img_shape', 'ori_shape', 'scale_factor'):
        assert type(second[key]) is type(expected[key])
    second['img'] += 1  # the transforms that follow may write into it
    assert same(step(dict(info)), expected)


def touch(info):
    path = Path(info['img_path'])
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def touch_mask(info):
    path = Path(next(iter(info['part_masks'].values())))
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def relabel(info):
    info['label_map'] = {old: 0 if old == 1 else old for old in range(19)}


def cut(info, folder):
    entry = next(folder.iterdir())
    entry.write_bytes(entry.read_bytes()[:-100])


def flip_a_bit(info, folder):
    entry = next(folder.iterdir())
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 1
    entry.write_bytes(data)


@pytest.mark.parametrize('change', [touch, touch_mask, relabel])
def test_a_changed_source_is_prepared_anew(info, tmp_path, monkeypatch, change):
    step = PrepareOnce(STEPS, folder=str(tmp_path / 'prepared'))
    step(dict(info))
    change(info)
    loads = count_loads(monkeypatch)
    assert same(step(dict(info)), PrepareOnce(STEPS)(dict(info)))
    assert len(loads) == 2
    step(dict(info))
    assert len(loads) == 2


def ask_for_a_password(info, folder):
    entry = next(folder.iterdir())
    data = bytearray(entry.read_bytes())
    data[data.rindex(b'PK\x01\x02') + 8] ^= 1  # the flag of encrypted files, in the directory of the archive
    entry.write_bytes(data)


@pytest.mark.parametrize('damage', [cut, flip_a_bit, ask_for_a_password])
def test_a_damaged_entry_is_prepared_anew(info, tmp_path, damage):
    folder = tmp_path / 'prepared'
    step = PrepareOnce(STEPS, folder=str(folder))
    expected = step(dict(info))
    damage(info, folder)
    assert same(step(dict(info)), expected)


def test_other_steps_do_not_read_the_entries(info, tmp_path):
    folder = str(tmp_path / 'prepared')
    PrepareOnce(STEPS, folder)(dict(info))
    smaller = [*STEPS[:2], dict(type='FaceResize', scale=(24, 24), keep_ratio=False)]
    assert PrepareOnce(smaller, folder)(dict(info))['img'].shape == (24, 24, 3)


def test_a_folder_that_cannot_be_written_costs_time_only(info, tmp_path):
    blocked = tmp_path / 'file' / 'folder'
    (tmp_path / 'file').write_text('')
    assert same(PrepareOnce(STEPS, str(blocked))(dict(info)), PrepareOnce(STEPS)(dict(info)))


def test_steps_that_pack_are_refused(info, tmp_path):
    with pytest.raises(UserError, match=r'left inputs, data_samples .* list the steps that pack'):
        PrepareOnce([*STEPS, dict(type='PackFaceInputs')], str(tmp_path / 'prepared'))(dict(info))


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(UserError, match='is a file'):
        PrepareOnce(STEPS, str(tmp_path / 'file'))


@pytest.mark.parametrize('size', [(512, 512), (300, 256), (257, 257), (2000, 2000)])
def test_reduced_decoding_is_never_smaller_than_asked_and_close_to_exact(tmp_path, size):
    ramp = np.add.outer(np.arange(1024), np.arange(1024)) / 2046 * 255
    photo = np.stack([ramp, ramp[::-1], ramp.T], axis=-1).astype(np.uint8)
    cv2.imwrite(str(tmp_path / 'photo.jpg'), photo, [cv2.IMWRITE_JPEG_QUALITY, 95])
    results = {'img_path': str(tmp_path / 'photo.jpg')}
    exact = TRANSFORMS.build(dict(type='LoadFaceImage'))(dict(results))['img']
    reduced = TRANSFORMS.build(dict(type='LoadFaceImage', at_least=size))(dict(results))['img']
    assert reduced.shape[0] in ((512,) if max(size) <= 512 and max(size) > 256 else (256, 1024))
    small = (128, 128)
    difference = cv2.resize(exact, small, interpolation=cv2.INTER_AREA).astype(int)
    difference -= cv2.resize(reduced, small, interpolation=cv2.INTER_AREA)
    assert np.abs(difference).max() <= 2


def test_a_wrong_at_least_is_named():
    with pytest.raises(UserError, match=r'at_least must be \(height, width\)'):
        TRANSFORMS.build(dict(type='LoadFaceImage', at_least=(0, 512)))
