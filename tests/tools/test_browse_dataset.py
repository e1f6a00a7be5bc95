import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import CELEBAMASK_HQ
from mmseg_facenext.visualization.browsing import Sample, build_dataset, draw_samples, read_sample, space_of
from mmseg_facenext.visualization.overlay import class_shares

ROOT = Path(__file__).parents[2]
main = runpy.run_path(str(ROOT / 'tools/browse_dataset.py'))['main']


def size(path):
    with Image.open(path) as picture:
        return picture.size


@pytest.fixture
def ade(tmp_path):
    """A config without any of this package's parts: 150 classes, two photos, each seen twice."""
    root = tmp_path / 'ade'
    labels = np.zeros((40, 60), np.uint8)  # 0 is unlabelled on disk, wall is 1
    labels[:, 20:], labels[:, 40:] = 1, 150
    for folder, suffix, pixels in (
        ('images', 'jpg', np.zeros((40, 60, 3), np.uint8)),
        ('labels', 'png', labels),
    ):
        (root / folder).mkdir(parents=True)
        for name in 'ab':
            Image.fromarray(pixels).save(root / folder / f'{name}.{suffix}')
    config = tmp_path / 'ade.py'
    config.write_text(f"""
model = dict(type='FaceEncoderDecoder', backbone=dict(type='MSCAN'))
train_dataloader = dict(dataset=dict(type='RepeatDataset', times=2, dataset=dict(
    type='ADE20KDataset', data_root={str(root)!r}, reduce_zero_label=True,
    data_prefix=dict(img_path='images', seg_map_path='labels'),
    pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', reduce_zero_label=True),
        dict(type='FaceRandomCrop', crop_size=(20, 30)), dict(type='PackFaceInputs'),
    ],
)))
""")
    return config


def test_original_and_transformed(tiny_config):
    cfg = load_config(tiny_config)
    before, after = (read_sample(build_dataset(cfg, 'train', original), 3) for original in (True, False))
    assert before.image.shape == (64, 64, 3)
    assert after.image.shape == (32, 32, 3)
    assert before.name == after.name == '3'
    assert space_of(build_dataset(cfg, 'val')) == CELEBAMASK_HQ
    photo = Path(cfg.train_dataloader.dataset.data_root, 'CelebA-HQ-img/3.jpg')
    difference = np.asarray(Image.open(photo), int) - before.image
    assert np.abs(difference).max() <= 2  # red is red: two JPEG decoders


def test_labels_larger_than_the_photo_keep_their_detail(tiny_config):
    sample = read_sample(build_dataset(load_config(tiny_config), 'val'), 0)
    assert sample.image.shape == (64, 64, 3)  # labels stay at 64x64, the network sees 32x32
    assert sample.labels.shape == (64, 64)


def test_pictures_of_any_data_set(ade, tmp_path, capsys):
    main([str(ade), '--output-dir', str(tmp_path / 'out'), '--not-show'])
    names = sorted(path.name for path in (tmp_path / 'out').iterdir())
    assert names == ['00000_a.jpg', '00001_b.jpg', '00002_a.jpg', '00003_b.jpg']
    assert min(size(tmp_path / 'out/00000_a.jpg')) >= 400
    sample = read_sample(build_dataset(load_config(ade), 'train', original=True), 3)
    assert np.unique(sample.labels).tolist() == [0, 149, 255]
    space = space_of(build_dataset(load_config(ade), 'train'))
    assert space.titles[0] == 'wall'
    assert class_shares(sample.labels, space) == {0: 0.5, 149: 0.5}  # of what is labelled
    assert 'none of the' not in capsys.readouterr().out


def test_side_by_side_and_sheet(tiny_config, tmp_path):
    out = ['--output-dir', str(tmp_path), '--number', '3']
    main([str(tiny_config), *out, '--mode', 'both'])
    width, height = size(tmp_path / '00002_2.jpg')
    assert width > 1.2 * height / 2
    main([str(tiny_config), *out, '--sheet'])
    assert min(size(tmp_path / 'sheet.jpg')) > 600


def test_gaps_between_pictures_do_not_count():
    ones = np.ones((10, 30), np.uint8)
    samples = [
        Sample('wide', np.zeros((10, 30, 3), np.uint8), ones),
        Sample('high', np.zeros((30, 10, 3), np.uint8), ones.T),
    ]
    assert draw_samples(samples, CELEBAMASK_HQ, columns=2).width > 640
    assert class_shares(np.array([[1, 255, 255]], np.uint8), CELEBAMASK_HQ) == {1: 1.0}


def test_ids_that_are_no_class_are_reported(ade, tmp_path, capsys):
    main([str(ade), '--output-dir', str(tmp_path), '--number', '1', '--mode', 'original', '--cfg-options',
          'train_dataloader.dataset.dataset.reduce_zero_label=False',
          'train_dataloader.dataset.dataset.pipeline.1.reduce_zero_label=False'])  # fmt: skip
    assert 'a: ids [150] are none of the 150 classes' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--phase', 'test'], 'has no test_dataloader'),
        (['--opacity', '2'], 'opacity must lie between'),
        (['--cfg-options', 'train_dataloader.dataset.dataset.type=Nope'], 'there is no data set .Nope. here'),
        (['--cfg-options', 'train_dataloader.dataset.dataset.img_suffix=.tif'], 'has no images'),
    ],
)
def test_mistakes(ade, options, message):
    with pytest.raises(UserError, match=message):
        main([str(ade), *options])


def test_show_without_a_viewer(ade, tmp_path, monkeypatch):
    monkeypatch.setattr('PIL.ImageShow._viewers', [])
    with pytest.raises(UserError, match='no viewer'):
        main([str(ade), '--output-dir', str(tmp_path / 'out'), '--show'])
    assert (tmp_path / 'out/00000_a.jpg').exists()
