"""Every leaf config builds, says what it is, and has no key without effect."""

from pathlib import Path

import mmseg
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS, init_default_scope
from mmseg.registry import DATASETS, METRICS, MODELS, TRANSFORMS
from torch import nn

from mmseg_facenext.engine.config import load_config
from mmseg_facenext.models import MSCAN, LightHamHead
from mmseg_facenext.models.backbones.mscan import MSCABlock

ROOT = Path(__file__).parents[1] / 'local_configs'
LEAVES = sorted(path for path in ROOT.rglob('*.py') if '_base_' not in path.parts)
PUBLISHED = {  # size: parameters with 19 classes, images per GPU, drop path
    'tiny': (4_229_747, 8, 0.1),
    'small': (13_899_219, 8, 0.1),
    'base': (27_569_107, 6, 0.1),
    'large': (48_792_275, 4, 0.3),
}


@pytest.fixture(autouse=True)
def _scope():
    init_default_scope('mmseg')


def celebamaskhq(size: str) -> Config:
    return load_config(ROOT / f'segnext/{size}/segnext.{size}.512x512.celebamaskhq.160k.py')


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_every_leaf_builds_and_every_key_acts(path):
    cfg = load_config(path)
    model = MODELS.build(cfg.model)
    names = [name for name, _ in model.named_parameters()]
    for key in cfg.optim_wrapper.paramwise_cfg.custom_keys:
        assert any(key in name for name in names), f'custom_keys {key!r} matches no parameter'
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        dataset = DATASETS.build({**loader.dataset, 'lazy_init': True})
        assert len(dataset.metainfo['classes']) == cfg.model.decode_head.num_classes
    METRICS.build(cfg.test_evaluator)
    for transform in cfg.get('tta_pipeline', ()):
        TRANSFORMS.build(transform)
    assert cfg.train_cfg.max_iters + 1 == cfg.param_scheduler[-1].end


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_every_leaf_opens_as_a_lab_note(path):
    note = [line for line in path.read_text().splitlines() if line.startswith('#')]
    assert len(note) >= 2
    assert './tools/' in ' '.join(note)


@pytest.mark.parametrize('size', PUBLISHED)
def test_the_published_recipe(size):
    cfg, (parameters, batch, drop_path) = celebamaskhq(size), PUBLISHED[size]
    model = MODELS.build(cfg.model)
    assert isinstance(model.backbone, MSCAN)
    assert isinstance(model.decode_head, LightHamHead)
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.train_cfg.max_iters == 160_000
    last = [m for m in model.modules() if isinstance(m, MSCABlock)][-1]
    assert last.drop_path.drop_prob == pytest.approx(drop_path)


def test_parameter_groups_norms_do_not_decay_and_the_head_learns_ten_times_as_fast():
    cfg = celebamaskhq('tiny')
    model = MODELS.build(cfg.model)
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    groups = {id(group['params'][0]): group for group in optimizer.param_groups}
    for name, parameter in model.named_parameters():
        group = groups[id(parameter)]
        in_head = 'head' in name
        assert group['lr'] == pytest.approx(6e-4 if in_head else 6e-5), name
        assert group['weight_decay'] == (0 if 'norm' in name and not in_head else 0.01), name


def test_the_learning_rate_is_that_of_the_published_schedule():
    """mmcv 0.x: poly from iteration 0, times a linear warm-up over 1,500 iterations."""
    cfg = celebamaskhq('tiny')
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=6e-5)
    schedulers = [
        PARAM_SCHEDULERS.build(dict(scheduler, optimizer=optimizer)) for scheduler in cfg.param_scheduler
    ]
    for t in range(3000):
        warm_up = 1 - (1 - t / 1500) * (1 - 1e-6) if t < 1500 else 1
        expected = 6e-5 * (1 - t / 160_000) * warm_up
        assert optimizer.param_groups[0]['lr'] == pytest.approx(expected, rel=1e-4), t
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()


@pytest.mark.parametrize('name', ['mscan-t_1xb16', 'mscan-b_1xb16'])
def test_upstream_configs_get_our_modules(name):
    configs = Path(mmseg.__file__).parent / '.mim/configs/segnext'
    model = MODELS.build(load_config(configs / f'segnext_{name}-adamw-160k_ade20k-512x512.py').model)
    assert isinstance(model.backbone, MSCAN)
    assert isinstance(model.decode_head, LightHamHead)
    assert model.decode_head.hamburger.ham.rand_init is True  # what the config asks for
