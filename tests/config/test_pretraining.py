"""ImageNet pre-training: the recipe, and the way from its checkpoint into a segmentor."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, PARAM_SCHEDULERS, init_default_scope
from PIL import Image
from segnext_sizes import SIZES
from torch import nn

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import score
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError
from mmseg_facenext.models import MSCAN

pytest.importorskip('mmpretrain')
ROOT = Path(__file__).parents[2] / 'local_configs'
CLASSES = ['n01440764', 'n01443537', 'n01484850']


def config_path(size: str) -> Path:
    return ROOT / f'pretrain/mscan.{size}.224x224.imagenet.300e.py'


@pytest.fixture(scope='module')
def imagenet(tmp_path_factory) -> Path:
    """Four plain noisy photos of each class to train on, two to validate, one colour per class."""
    root = tmp_path_factory.mktemp('imagenet')
    rng = np.random.default_rng(0)
    for split, count in (('train', 4), ('val', 2)):
        for brightness, name in enumerate(CLASSES):
            (root / split / name).mkdir(parents=True)
            for i in range(count):
                pixels = 80 * brightness + rng.integers(0, 40, (40, 50, 3))
                Image.fromarray(pixels.astype(np.uint8)).save(root / split / name / f'{name}_{i}.JPEG')
    return root


def small_config(root: Path, work_dir: Path):
    """The config of MSCAN-T with a narrow backbone, three classes, two epochs of two iterations at 64x64."""
    cfg = load_config(config_path('tiny'), {'work_dir': str(work_dir)})
    cfg.model.backbone.update(embed_dims=[8, 8, 16, 16], depths=[1, 1, 1, 1])
    cfg.model.head.update(in_channels=16, num_classes=len(CLASSES))
    cfg.model.data_preprocessor.num_classes = len(CLASSES)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.update(batch_size=6, num_workers=0, persistent_workers=False)
        loader.dataset.update(data_root=str(root), metainfo=dict(classes=CLASSES))
        for step in loader.dataset.pipeline:
            step.update({key: 64 for key in ('scale', 'crop_size') if key in step})
    cfg.val_evaluator.topk = cfg.test_evaluator.topk = (1, 2)
    cfg.train_cfg.update(max_epochs=2, val_interval=1)
    cfg.param_scheduler = cfg.param_scheduler[:1]
    cfg.default_hooks.checkpoint.interval = 1
    cfg.default_hooks.logger.interval = 1
    cfg.visualizer.vis_backends = [dict(type='LocalVisBackend')]
    return cfg


@pytest.fixture(scope='module')
def pretrained(imagenet, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('pretrained')
    train(small_config(imagenet, work_dir), seed=0)
    return work_dir


def test_a_training_leaves_checkpoints_accuracy_and_a_curve(pretrained):
    assert (pretrained / 'epoch_2.pth').exists()
    assert list(pretrained.glob('best_accuracy_top1_epoch_*.pth'))
    assert (pretrained / 'training_curve.png').exists()
    (log,) = pretrained.glob('*/vis_data/scalars.json')
    assert 'accuracy/top2' in log.read_text()


@pytest.mark.parametrize('prefix', [{}, {'prefix': 'backbone.'}])
def test_a_segmentor_starts_from_the_checkpoint_bit_by_bit(pretrained, prefix):
    cfg = load_config(ROOT / 'segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py')
    cfg.model.backbone.update(embed_dims=[8, 8, 16, 16], depths=[1, 1, 1, 1])
    cfg.model.decode_head.in_channels = [8, 16, 16]
    cfg.model.backbone.init_cfg = dict(
        type='Pretrained', checkpoint=str(pretrained / 'epoch_2.pth'), **prefix
    )
    init_default_scope('mmseg')
    model = MODELS.build(cfg.model)
    model.init_weights()
    trained = torch.load(pretrained / 'epoch_2.pth', weights_only=False)['state_dict']
    weights = model.backbone.state_dict()
    assert {f'backbone.{key}' for key in weights} == {key for key in trained if not key.startswith('head.')}
    for key, value in weights.items():
        assert torch.equal(value, trained[f'backbone.{key}']), key


def test_pretrained_is_the_same(pretrained):
    sizes = dict(embed_dims=[8, 8, 16, 16], mlp_ratios=[8, 8, 4, 4], depths=[1, 1, 1, 1])
    backbone = MSCAN(**sizes, norm_cfg=dict(type='BN'), pretrained=str(pretrained / 'epoch_2.pth'))
    backbone.init_weights()
    trained = torch.load(pretrained / 'epoch_2.pth', weights_only=False)['state_dict']
    key = 'patch_embed1.proj.0.weight'
    assert torch.equal(backbone.state_dict()[key], trained[f'backbone.{key}'])


def test_all_of_the_backbone_learns(pretrained):
    """Also the norms of the first stages, whose outputs are not returned: DDP would wait for them."""
    checkpoint = torch.load(pretrained / 'epoch_2.pth', weights_only=False)
    moments = [state['exp_avg_sq'] for state in checkpoint['optimizer']['state'].values()]
    buffers = ('running_mean', 'running_var', 'num_batches_tracked')
    assert len(moments) == sum(not key.endswith(buffers) for key in checkpoint['state_dict'])
    assert all(moment.any() for moment in moments)


def test_resuming_counts_on(imagenet, pretrained, tmp_path):
    cfg = small_config(imagenet, tmp_path)
    cfg.train_cfg.max_epochs = 3
    runner = train(cfg, resume=str(pretrained / 'epoch_2.pth'))
    assert (runner.epoch, runner.iter) == (3, 6)


@pytest.mark.parametrize('metrics', [None, ['accuracy']])
def test_scores_are_accuracies(imagenet, pretrained, tmp_path, metrics):
    scores = score(small_config(imagenet, tmp_path), pretrained / 'epoch_2.pth', metrics=metrics)
    assert set(scores) == {'accuracy/top1', 'accuracy/top2'}
    assert 0 <= scores['accuracy/top1'] <= scores['accuracy/top2'] <= 100


@pytest.mark.parametrize('arguments', [{'metrics': ['mIoU']}, {'out': 'o'}, {'show_dir': 's'}, {'tta': True}])
def test_what_a_classifier_has_not_is_refused(imagenet, pretrained, tmp_path, arguments):
    with pytest.raises(UserError, match=r'classifies whole images: .*--eval accuracy'):
        score(small_config(imagenet, tmp_path), pretrained / 'epoch_2.pth', **arguments)


def test_other_classes_than_folders_are_named(imagenet, tmp_path):
    cfg = small_config(imagenet, tmp_path)
    cfg.train_dataloader.dataset.metainfo = None
    with pytest.raises(UserError, match=r'number of subfolders \(3\).*classes \(1000\)'):
        train(cfg)


def test_a_missing_mmpretrain_is_one_line(monkeypatch):
    for name in [name for name in sys.modules if name.partition('.')[0] == 'mmpretrain']:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, 'mmpretrain', None)
    monkeypatch.delitem(sys.modules, 'mmseg_facenext.pretraining', raising=False)
    with pytest.raises(UserError, match=r'pip install "mmseg_facenext\[pretrain\]"'):
        load_config(config_path('tiny'))


@pytest.mark.parametrize(('size', 'parameters'), zip(SIZES, (4.2e6, 14.0e6, 26.8e6, 45.2e6), strict=True))
def test_the_backbone_is_that_of_the_segmentor(size, parameters):
    cfg = load_config(config_path(size))
    init_default_scope(cfg.default_scope)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    published = SIZES[size]
    assert type(model.backbone) is MSCAN
    assert tuple(model.backbone.depths) == published.depths
    assert model.head.fc.weight.shape == (1000, published.embed_dims[-1])
    # Published for SegNeXt, which has a head in place of the classifier.
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(parameters, rel=0.01)
    assert cfg.model.backbone.drop_path_rate == (0.2 if size == 'large' else 0.1)


def test_weights_of_more_than_one_dimension_alone_decay():
    """timm's rule: neither norms nor biases nor layer scales."""
    cfg = load_config(config_path('tiny'))
    init_default_scope(cfg.default_scope)
    model = MODELS.build(cfg.model)
    groups = build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups
    decay = {id(parameter): group['weight_decay'] for group in groups for parameter in group['params']}
    for name, parameter in model.named_parameters():
        assert decay[id(parameter)] == (0.05 if parameter.ndim > 1 else 0), name


def test_the_learning_rate_is_that_of_the_recipe():
    """From 1e-6 to 1e-3 in 5 epochs, then a cosine down to 1e-6; timm's, which starts earlier, is near."""
    cfg = load_config(config_path('tiny'))
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=cfg.optim_wrapper.optimizer.lr)
    schedulers = [
        PARAM_SCHEDULERS.build(dict(scheduler, optimizer=optimizer)) for scheduler in cfg.param_scheduler
    ]
    for epoch in range(300):
        rate = optimizer.param_groups[0]['lr']
        if epoch < 5:
            assert rate == pytest.approx(1e-6 + (1e-3 - 1e-6) * epoch / 5)
        else:
            cosine = (1 + math.cos(math.pi * (epoch - 5) / 295)) / 2
            assert rate == pytest.approx(1e-6 + (1e-3 - 1e-6) * cosine)
            timm = 1e-6 + (1e-3 - 1e-6) * (1 + math.cos(math.pi * epoch / 300)) / 2
            assert rate == pytest.approx(timm, abs=2e-5)
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
