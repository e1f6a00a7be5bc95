"""The examples of the documentation work as it says: by themselves, in a training, and loaded again."""

import io
import runpy
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import torch
from mmseg.registry import DATASETS
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / 'docs/examples'


@pytest.fixture(scope='module')
def listed(tmp_path_factory) -> Path:
    """A folder in which `own_dataset.py` was run as the page says."""
    folder = tmp_path_factory.mktemp('listed')
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.chdir(folder)
        patch.setattr(sys, 'argv', ['own_dataset.py', 'data/listed'])
        runpy.run_path(str(EXAMPLES / 'own_dataset.py'), run_name='__main__')
    DATASETS.module_dict.pop('ListedPhotos')  # the config imports the file once more
    assert 'train: 8 photos, classes background, face, hair' in said.getvalue()
    assert 'val: 4 photos' in said.getvalue()
    return folder


@pytest.fixture
def examples(monkeypatch):
    """Let the examples be imported."""
    monkeypatch.syspath_prepend(str(EXAMPLES))


def test_the_four_together_train_score_and_parse(listed, examples, monkeypatch, tmp_path):
    from mmseg_facenext import FaceParser
    from mmseg_facenext.config.load import load_config
    from mmseg_facenext.engine.testing import score
    from mmseg_facenext.engine.training import train

    monkeypatch.chdir(listed)
    options = {
        'work_dir': str(tmp_path),
        'train_cfg.max_iters': 2,
        'train_cfg.val_interval': 2,
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False,
        'val_dataloader.num_workers': 0,
        'val_dataloader.persistent_workers': False,
        'test_dataloader.num_workers': 0,
        'test_dataloader.persistent_workers': False,
        'default_hooks.checkpoint.interval': 2,
    }
    config = EXAMPLES / 'own_config.py'
    runner = train(load_config(config, options))
    model = runner.model
    assert (type(model.backbone).__name__, type(model.decode_head).__name__) == ('ConvPyramid', 'SumHead')
    scores = score(load_config(config, options), tmp_path / 'iter_2.pth')
    assert scores.keys() >= {'mIoU', 'boundary/F1'}
    parser = FaceParser(str(config), str(tmp_path / 'iter_2.pth'))
    assert parser.label_space.classes == ('background', 'face', 'hair')
    assert parser('data/listed/photos/0.jpg').labels.shape == (128, 128)


def test_backbone_maps_have_the_strides_that_heads_expect(examples):
    from own_backbone import ConvPyramid

    maps = ConvPyramid([4, 8, 12, 16])(torch.rand(1, 3, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps] == [(4, 16, 24), (8, 8, 12), (12, 4, 6), (16, 2, 3)]


def test_head_adds_its_levels(examples):
    from own_head import SumHead

    head = SumHead(in_channels=[2, 3], in_index=[0, 1], channels=4, num_classes=5).eval()
    fine, coarse = torch.rand(1, 2, 8, 6), torch.zeros(1, 3, 4, 3)
    (first, second) = head.projections
    by_hand = torch.relu(first(fine) + second.bias[:, None, None])
    torch.testing.assert_close(head([fine, coarse]), head.conv_seg(by_hand))


@pytest.mark.parametrize(('tolerance', 'expected'), [(0, 50.0), (1, 100.0)])
def test_metric_of_a_square_that_moved_by_a_pixel(examples, tolerance, expected):
    """Of the square's 60 border pixels 2 x 15 lie on the true border still, of the ring's 68 around it 2 x 17."""
    from own_metric import BoundaryF1

    labels, prediction = torch.zeros(2, 1, 32, 32, dtype=torch.uint8)
    labels[:, 8:24, 8:24] = 1
    prediction[:, 8:24, 9:25] = 1
    metric = BoundaryF1(tolerance)
    metric.process(None, [dict(gt_sem_seg=dict(data=labels), pred_sem_seg=dict(data=prediction))])
    assert metric.evaluate(size=1) == {'boundary/F1': pytest.approx(expected)}


def test_metric_leaves_ignored_pixels_out(examples):
    from own_metric import BoundaryF1

    labels = torch.full((1, 16, 16), 255)
    labels[:, :, :8] = 0
    wrong_where_ignored = torch.zeros(1, 16, 16, dtype=torch.long)
    wrong_where_ignored[:, :, 8:] = 3
    metric = BoundaryF1()
    sample = dict(gt_sem_seg=dict(data=labels), pred_sem_seg=dict(data=wrong_where_ignored))
    metric.process(None, [sample])
    assert metric.evaluate(size=1) == {'boundary/F1': pytest.approx(100.0)}


def test_own_photos_train_from_a_config_alone(monkeypatch, tmp_path):
    """The page's layout and config, with names of its own and a photo that is not square."""
    from mmseg_facenext.config.load import load_config
    from mmseg_facenext.engine.training import train

    rng = np.random.default_rng(0)
    for split in ('train', 'val'):
        for kind, shape, end in (('photos', (40, 60, 3), 'jpg'), ('labels', (40, 60), 'png')):
            folder = tmp_path / f'data/mine/{kind}/{split}'
            folder.mkdir(parents=True)
            pixels = rng.integers(0, 3 if kind == 'labels' else 256, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f'me at home.{end}')
    monkeypatch.chdir(tmp_path)
    options = {
        'train_cfg.max_iters': 1,
        'train_cfg.val_interval': 1,
        'model.backbone.init_cfg': None,
        'model.backbone.embed_dims': [8, 8, 16, 16],
        'model.backbone.depths': [1, 1, 1, 1],
        'model.decode_head.in_channels': [8, 16, 16],
        'model.decode_head.channels': 32,
        'model.decode_head.ham_channels': 32,
        'model.decode_head.ham_kwargs.MD_R': 4,
        'train_dataloader.batch_size': 1,
        'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False,
        'val_dataloader.num_workers': 0,
        'val_dataloader.persistent_workers': False,
    }
    runner = train(load_config(EXAMPLES / 'own_photos.py', options))
    (summary,) = (metric.summary for metric in runner.val_evaluator.metrics)
    assert summary.classes == ('background', 'face', 'hair')
    assert summary.protocol.heights == (40, 40)


def test_the_guide_to_own_data_runs(monkeypatch, tmp_path):
    """The first commands of docs/own_data.md, on ten photos with four invented classes, for two iterations."""
    from mmseg_facenext.cli.facenext import main
    from mmseg_facenext.synthetic.faces import draw_face, face_rng
    from mmseg_facenext.taxonomy import CELEBAMASK_HQ

    classes = {'skin': 1, 'nose': 1, 'neck': 1, 'l_eye': 2, 'r_eye': 3, 'hair': 4}
    lut = np.array([classes.get(name, 0) for name in CELEBAMASK_HQ.classes], np.uint8)
    for n in range(10):
        photo, parts = draw_face(face_rng(seed=1, n=n), 96)
        for kind, pixels, suffix in (('images', photo, 'jpg'), ('masks', lut[parts], 'png')):
            (tmp_path / 'mine' / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / f'mine/{kind}/{n}.{suffix}')
    monkeypatch.chdir(tmp_path)
    page = (ROOT / 'docs/own_data.md').read_text().partition('## From a folder to a parser')[2]
    commands = page.split('```')[1].strip().splitlines()
    assert [shlex.split(line)[1] for line in commands] == [
        'data',
        'data',
        'train',
        'test',
        'report',
        'parse',
        'export',
    ]
    for line in commands:
        main(shlex.split(line.replace('200', '2'))[1:])
    assert (tmp_path / 'work_dirs/mine/report.html').is_file()
    assert (tmp_path / 'work_dirs/mine.onnx').is_file()
    (picture,) = (tmp_path / 'work_dirs/parsed').glob('*labels.png')
    assert np.asarray(Image.open(picture)).max() < 5


def test_tuning_scores_what_was_suggested(examples, tiny_config, monkeypatch, tmp_path):
    """Without optuna: a trial that suggests one rate and the sampling of rare classes."""
    import tune

    class Trial:
        number = 3

        def suggest_float(self, name, low, high, log):
            return 0.002

        def suggest_categorical(self, name, choices):
            return 'sampling'

    monkeypatch.chdir(tmp_path)
    assert 0 <= tune.objective(Trial(), str(tiny_config), iterations=1) <= 100
    assert (tmp_path / 'work_dirs/tune/trial_3/iter_1.pth').is_file()
