"""Every leaf config builds, says what it is, and has no key without effect."""

import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import mmseg
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from mmseg.registry import DATASETS, METRICS, MODELS, TRANSFORMS
from segnext_sizes import SIZES
from torch import nn

from mmseg_facenext.checkpoints.zoo import find_weights
from mmseg_facenext.config.load import load_config
from mmseg_facenext.evaluation import result_keys
from mmseg_facenext.models import MSCAN, AlignedEncoderDecoder, LightHamHead
from mmseg_facenext.models.backbones.mscan import MSCABlock

ROOT = Path(__file__).parents[2] / 'local_configs'
LEAVES = sorted(path for path in ROOT.rglob('*.py') if '_base_' not in path.parts)
SEGMENTORS = [path for path in LEAVES if 'pretrain' not in path.parts]
# data set and schedule: classes, crop, iterations, images per GPU of T, S, B, L, protocol of the test
RECIPES = {
    '512x512.celebamaskhq.160k': (19, 512, 160_000, (8, 8, 6, 4), 'whole'),
    '512x512.ade.160k': (150, 512, 160_000, (8, 8, 4, 4), 'whole'),
    '1024x1024.city.160k': (19, 1024, 160_000, (4, 4, 2, 2), 'slide'),
    '512x512.coco_stuff164k.80k': (171, 512, 80_000, (8, 8, 4, 4), 'whole'),
    '512x512.voc12aug.80k': (21, 512, 80_000, (8, 8, 4, 4), 'whole'),
}


@cache
def load(path: Path) -> Config:
    """Several tests look at the same configs; none changes them."""
    return load_config(path)


def zoo(size: str, recipe: str = '512x512.celebamaskhq.160k') -> Config:
    return load(ROOT / f'segnext/{size}/segnext.{size}.{recipe}.py')


@cache
def build_without_weights(path: Path) -> nn.Module:
    """The model with shapes and names but no memory for its weights: L takes as long as T."""
    with torch.device('meta'):
        return MODELS.build(deepcopy(load(path).model))


def classes_of(dataset: dict) -> tuple[str, ...]:
    """Class names of a data set that need not be there."""
    if 'datasets' in dataset:
        (classes,) = {classes_of(part) for part in dataset['datasets']}
        return classes
    if dataset['type'] == 'PascalVOCDataset':  # looks for its files, however lazy
        return DATASETS.get(dataset['type']).METAINFO['classes']
    return tuple(DATASETS.build({**dataset, 'lazy_init': True}).metainfo['classes'])


@pytest.mark.parametrize('path', SEGMENTORS, ids=lambda path: path.stem)
def test_every_leaf_builds_and_every_key_acts(path):
    cfg = load(path)
    names = [name for name, _ in build_without_weights(path).named_parameters()]
    for key in cfg.optim_wrapper.get('paramwise_cfg', {}).get('custom_keys', {}):
        assert any(key in name for name in names), f'custom_keys {key!r} matches no parameter'
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        assert len(classes_of(loader.dataset)) == cfg.model.decode_head.num_classes
    METRICS.build(deepcopy(cfg.test_evaluator))
    for transform in cfg.get('tta_pipeline') or ():
        TRANSFORMS.build(deepcopy(transform))
    length = cfg.train_cfg.get('max_epochs') or cfg.train_cfg.max_iters + 1
    assert length == cfg.param_scheduler[-1].end
    assert cfg.default_hooks.checkpoint.save_best in result_keys(cfg.val_evaluator.iou_metrics)


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_every_leaf_opens_with_a_note(path):
    note = [line for line in path.read_text().splitlines() if line.startswith('#')]
    assert len(note) >= 2
    assert './tools/' in ' '.join(note)
    for named in re.findall(r'local_configs/\S+\.py', ' '.join(note)):
        assert ROOT.parent / named == path


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('recipe', RECIPES)
def test_the_published_recipes(size, recipe):
    published = SIZES[size]
    classes, crop, iterations, batches, mode = RECIPES[recipe]
    cfg = zoo(size, recipe)
    model = build_without_weights(Path(cfg.filename))
    assert isinstance(model.backbone, MSCAN)
    assert isinstance(model.decode_head, LightHamHead)
    # The classifier alone depends on the classes: a weight per channel and a bias for each.
    expected = published.parameters + (classes - 19) * (published.channels + 1)
    assert sum(p.numel() for p in model.parameters()) == expected
    weights = find_weights(cfg.model.backbone.init_cfg.checkpoint)
    assert weights.config == f'mscan.{size}.224x224.imagenet.300e'
    assert cfg.train_dataloader.batch_size == batches[list(SIZES).index(size)]
    assert cfg.train_cfg.max_iters == iterations
    assert cfg.model.data_preprocessor.size == (crop, crop)
    assert cfg.model.test_cfg.mode == mode
    if mode == 'slide':
        assert (cfg.model.test_cfg.crop_size, cfg.model.test_cfg.stride) == ((1024, 1024), (768, 768))
    crops = [step.crop_size for step in cfg.train_pipeline if step.type == 'FaceRandomCrop']
    assert crops == ([] if 'celebamaskhq' in recipe else [(crop, crop)])
    last = [m for m in model.modules() if isinstance(m, MSCABlock)][-1]
    assert last.drop_path.drop_prob == pytest.approx(published.drop_path)


@pytest.mark.parametrize('recipe', RECIPES)
def test_several_scales_and_flips(recipe):
    (aug,) = [step for step in zoo('tiny', recipe).tta_pipeline if step.type == 'TestTimeAug']
    resizes, *_ = aug.transforms
    short = 1024 if 'city' in recipe else 512
    assert [min(step.scale) / short for step in resizes] == [0.5, 0.75, 1.0, 1.25, 1.5, 1.75]
    (flips,) = [choice for choice in aug.transforms if len(choice) == 2]
    assert [step.prob for step in flips] == [0.0, 1.0]


@pytest.mark.parametrize(
    ('height', 'width', 'network'),
    [(512, 683, (512, 704)), (480, 640, (512, 704)), (300, 1500, (416, 2048)), (1024, 768, (704, 512))],
)
def test_photos_are_scored_at_multiples_of_32_of_short_side_512(height, width, network):
    """mmcv 0.x: scaled into 2048x512 at constant proportions, then each side stretched up to a multiple."""
    resizing = [step for step in zoo('tiny', '512x512.ade.160k').test_pipeline if 'Resize' in step.type]
    results = dict(img=np.zeros((height, width, 3), np.uint8), img_shape=(height, width))
    for step in resizing:
        results = TRANSFORMS.build(deepcopy(step))(results)
    assert results['img'].shape[:2] == results['img_shape'] == network


def test_parameter_groups_norms_do_not_decay_and_the_head_learns_ten_times_as_fast():
    cfg = zoo('tiny')
    model = MODELS.build(deepcopy(cfg.model))
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    groups = {id(group['params'][0]): group for group in optimizer.param_groups}
    for name, parameter in model.named_parameters():
        group = groups[id(parameter)]
        in_head = 'head' in name
        assert group['lr'] == pytest.approx(6e-4 if in_head else 6e-5), name
        assert group['weight_decay'] == (0 if 'norm' in name and not in_head else 0.01), name


@pytest.mark.parametrize('recipe', ['512x512.ade.160k', '512x512.coco_stuff164k.80k'])
def test_the_learning_rate_is_that_of_the_published_schedule(recipe):
    """mmcv 0.x: poly from iteration 0, times a linear warm-up over 1,500 iterations."""
    cfg, iterations = zoo('tiny', recipe), RECIPES[recipe][2]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=6e-5)
    schedulers = [
        PARAM_SCHEDULERS.build(dict(scheduler, optimizer=optimizer)) for scheduler in cfg.param_scheduler
    ]
    for t in range(3000):
        warm_up = 1 - (1 - t / 1500) * (1 - 1e-6) if t < 1500 else 1
        expected = 6e-5 * (1 - t / iterations) * warm_up
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


SEGFACE = {  # backbone of torchvision -> channels of its four maps, million parameters with 19 classes
    'convnext_base': ([128, 256, 512, 1024], 91.8),
    'efficientnet_v2_m': ([48, 80, 176, 1280], 57.1),
    'mobilenet_v3_large': ([24, 40, 112, 960], 7.04),
    'resnet101': ([256, 512, 1024, 2048], 47.3),
    'swin_b': ([128, 256, 512, 1024], 91.0),
    'swin_v2_b': ([128, 256, 512, 1024], 91.2),
}
SEGFACE_ROWS = [
    *((name, 512, 'celebamaskhq', 4) for name in SEGFACE),
    *(('swin_b', side, 'celebamaskhq', 4) for side in (224, 256, 448)),
    *(('swin_b', side, 'lapa', 4) for side in (224, 256, 448, 512)),
    ('swin_b', 512, 'helen', 2),
]


@pytest.mark.parametrize(('name', 'side', 'data', 'batch'), SEGFACE_ROWS)
def test_the_published_recipe_of_segface(name, side, data, batch):
    path = ROOT / f'segface/segface.{name}.{side}.{data}.py'
    cfg, model = load(path), build_without_weights(path)
    channels, millions = SEGFACE[name]
    assert model.backbone.name == name
    assert list(model.backbone.channels) == cfg.model.decode_head.in_channels == channels
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(millions * 1e6, rel=0.006)
    assert model.num_classes == (19 if data == 'celebamaskhq' else 11)
    assert isinstance(model, AlignedEncoderDecoder) == (data == 'lapa')
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        (resize,) = [step for step in loader.dataset.pipeline if step.type == 'FaceResize']
        assert tuple(resize.scale) == (side, side)
        assert resize.interpolation == 'bicubic'
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.train_dataloader.sampler.type == 'DefaultSampler'  # an InfiniteSampler has no epochs
    assert cfg.train_cfg.max_epochs == 300


def test_the_learning_rate_of_segface_falls_after_epochs_80_and_200():
    cfg = load(ROOT / 'segface/segface.swin_b.512.lapa.py')
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = build_optim_wrapper(nn.ParameterList([parameter]), cfg.optim_wrapper).optimizer
    (scheduler,) = [PARAM_SCHEDULERS.build(dict(s, optimizer=optimizer)) for s in cfg.param_scheduler]
    assert optimizer.param_groups[0]['weight_decay'] == 1e-5
    for epoch in range(300):
        expected = 1e-4 if epoch < 80 else 1e-5 if epoch < 200 else 1e-6
        assert optimizer.param_groups[0]['lr'] == pytest.approx(expected), epoch
        optimizer.step()
        scheduler.step()
