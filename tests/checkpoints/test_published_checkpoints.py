"""Checkpoints under the names of the published code, at their real sizes, into the networks of our configs."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import published_code as published
import pytest
import torch
from closeness import assert_same_logits
from mmengine.runner import load_checkpoint
from safetensors.torch import save_file

from mmseg_facenext.checkpoints import load_checkpoint_into, load_weights
from mmseg_facenext.checkpoints.key_maps import translate_keys
from mmseg_facenext.checkpoints.publishing import publish
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.models import MSCAN
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

CONFIGS = Path(__file__).parents[2] / 'local_configs'
TINY_BACKBONE = dict(
    embed_dims=[32, 64, 160, 256], depths=[3, 3, 5, 2], mlp_ratios=[8, 8, 4, 4], norm_cfg=dict(type='BN')
)
BACKBONE = 'backbone.'


def network(name, **changes):
    cfg = load_config(CONFIGS / published.LEAVES[name], changes)
    if name in published.SEGNEXT:
        cfg.model.backbone.norm_cfg = dict(type='BN')
        cfg.model.decode_head.ham_kwargs['rand_init'] = True
    return build_segmentor(cfg).eval()


def of_mmcv_0x(weights, classes=CELEBAMASK_HQ.classes):
    """What SegNeXt-FaceParser saves: an OrderedDict with `_metadata`, meta with NumPy scores, the optimizer."""
    weights = OrderedDict(weights)
    weights._metadata = OrderedDict({'': {'version': 1}, 'backbone': {'version': 1}})
    meta = dict(
        epoch=1,
        iter=160000,
        mmcv_version='1.5.1',
        mmseg_version='0.24.1+',
        config="norm_cfg = dict(type='SyncBN', requires_grad=True)\n",
        hook_msgs=dict(best_score=np.float64(0.7897), best_ckpt='best_mIoU_iter_150000.pth'),
        CLASSES=classes and ('backgound', *classes[1:]),  # as its data set writes it
        PALETTE=CELEBAMASK_HQ.palette,
    )
    optimizer = dict(
        state={0: dict(step=160000, exp_avg=torch.zeros(3), exp_avg_sq=torch.zeros(3))},
        param_groups=[dict(lr=1e-8, betas=(0.9, 0.999), weight_decay=0.01, initial_lr=6e-5, params=[0])],
    )
    return dict(meta=meta, state_dict=weights, optimizer=optimizer)


def with_150_rows(weights):
    """As SegNeXt-FaceParser's T, B and L: ADE20K's number of classes, of which the data uses the first 19."""
    rows = {key: torch.full((131, *weights[key].shape[1:]), 9.0) for key in weights if 'conv_seg' in key}
    return weights | {key: torch.cat([weights[key], spare]) for key, spare in rows.items()}


def of_mmseg_1x(weights):
    return {key.replace('mlp.dwconv.dwconv.', 'mlp.dwconv.'): value for key, value in weights.items()}


@pytest.fixture(scope='module')
def tiny():
    return published.state(published.SEGNEXT['t'])


@pytest.fixture(scope='module')
def tiny_model():
    return network('t')


@pytest.mark.filterwarnings('ignore:for .* copying from a non-meta parameter')
@pytest.mark.parametrize('name', published.NETWORKS)
def test_every_tensor_finds_its_place(name):
    """On the meta device, which knows shapes only; the other tests compare values."""
    shapes = published.NETWORKS[name]
    weights = {key: torch.zeros(()).expand(shape) for key, shape in shapes.items()}
    with torch.device('meta'):
        model = network(name)

    def content():
        return (
            of_mmcv_0x(weights) if name in published.SEGNEXT else dict(epoch=299, state_dict_backbone=weights)
        )

    report = load_checkpoint_into(model, content(), 'x.pth')
    assert report.loaded == len(model.state_dict())
    assert report.missing == report.notes == ()

    absent = next(key for key in shapes if key.endswith(('mlp.dwconv.dwconv.bias', 'mlp.lin1.bias')))
    del weights[absent]
    with pytest.raises(UserError, match='missing: '):
        load_checkpoint_into(model, content(), 'x.pth')


@pytest.mark.parametrize(
    ('size', 'names'), [*((size, dict) for size in published.SEGNEXT), ('t', of_mmseg_1x)]
)
def test_imagenet_files_fill_the_backbone(size, names):
    shapes = {
        key.removeprefix(BACKBONE): shape
        for key, shape in published.SEGNEXT[size].items()
        if key.startswith(BACKBONE)
    }
    weights = names({key: torch.zeros(()).expand(shape) for key, shape in shapes.items()})
    classifier = {'head.weight': torch.zeros(1000, 512), 'head.bias': torch.zeros(1000)}
    with torch.device('meta'):
        backbone = network(size).backbone
    report = load_checkpoint_into(backbone, {'state_dict': weights | classifier}, 'mscan.pth')
    assert report.loaded == len(shapes)
    assert report.notes == ('the ImageNet classifier head.bias, head.weight was left out',)


LAYOUTS = {
    'mmcv 0.x': lambda weights: of_mmcv_0x(weights),
    'mmcv 0.x, 150 rows': lambda weights: of_mmcv_0x(with_150_rows(weights)),
    'mmseg 1.x': lambda weights: {'state_dict': of_mmseg_1x(weights), 'meta': {}},
    'DataParallel': lambda weights: {f'module.{key}': value for key, value in weights.items()},
    'EMA of mmcv': lambda weights: of_mmcv_0x(
        weights | {f'ema_{key.replace(".", "_")}': torch.zeros_like(value) for key, value in weights.items()}
    ),
}


@pytest.mark.parametrize(
    ('layout', 'zip_format'), [*((layout, True) for layout in LAYOUTS), ('mmcv 0.x, 150 rows', False)]
)
def test_segnext_gives_the_published_logits(tiny, tiny_model, tmp_path, layout, zip_format):
    """torch writes zip files since 1.6."""
    file = tmp_path / 'iter_160000.pth'
    torch.save(LAYOUTS[layout](tiny), file, _use_new_zipfile_serialization=zip_format)
    report = load_weights(tiny_model, file)
    assert report.loaded == len(tiny)
    assert report.classes == (CELEBAMASK_HQ.classes if 'mmcv' in layout else None)
    assert_published_logits(tiny_model)


def assert_published_logits(model):
    with published.fixed_start(), torch.no_grad():
        found = model.decode_head(model.extract_feat(published.image(1, 128, 160)))
    assert_same_logits(found, published.logits('segnext_tiny'))


def test_safetensors_and_published_copies(tiny, tiny_model, tmp_path):
    save_file(tiny, tmp_path / 'tiny.safetensors')
    load_weights(tiny_model, tmp_path / 'tiny.safetensors')
    assert_published_logits(tiny_model)
    torch.save(of_mmcv_0x(tiny), tmp_path / 'tiny.pth')
    for name in ('copy.pth', 'copy.safetensors'):
        copy = publish(tmp_path / 'tiny.pth', tmp_path / name)
        assert any('names of the published code' in note for note in copy.notes)
        assert load_weights(tiny_model, copy.path).classes == CELEBAMASK_HQ.classes
        assert_published_logits(tiny_model)


def test_pytorchs_and_mmengines_own_loading_know_the_published_names(tiny, tiny_model, tmp_path):
    tiny_model.load_state_dict(tiny)
    assert_published_logits(tiny_model)
    tiny_model.load_state_dict({key: torch.zeros_like(value) for key, value in tiny.items()})
    torch.save({'state_dict': tiny}, tmp_path / 'x.pth')
    load_checkpoint(tiny_model, str(tmp_path / 'x.pth'), strict=True)
    assert_published_logits(tiny_model)


@pytest.mark.parametrize(
    'way',
    [
        lambda file: dict(pretrained=file),
        lambda file: dict(init_cfg=dict(type='Pretrained', checkpoint=file)),
        lambda file: dict(
            init_cfg=[
                dict(type='Pretrained', checkpoint=file),
                dict(type='Constant', layer='Conv2d', val=1),
            ]
        ),
    ],
    ids=['pretrained', 'init_cfg', 'several'],
)
def test_a_backbone_starts_from_a_published_file_or_not_at_all(tiny, tmp_path, way):
    weights = {key.removeprefix(BACKBONE): value for key, value in tiny.items() if key.startswith(BACKBONE)}
    torch.save({'state_dict': weights | {'head.bias': torch.zeros(1000)}}, tmp_path / 'mscan_t.pth')
    backbone = MSCAN(**TINY_BACKBONE, **way(str(tmp_path / 'mscan_t.pth')))
    backbone.init_weights()
    own = backbone.state_dict()
    assert own.keys() == of_mmseg_1x(weights).keys()
    assert all(torch.equal(own[key], value) for key, value in of_mmseg_1x(weights).items())

    weights.pop('block1.0.mlp.dwconv.dwconv.bias')
    torch.save(weights, tmp_path / 'mscan_t.pth')
    with pytest.raises(
        UserError, match=r'does not fit the model: missing: block1\.0\.mlp\.dwconv\.bias; nothing'
    ):
        MSCAN(**TINY_BACKBONE, **way(str(tmp_path / 'mscan_t.pth'))).init_weights()


def test_a_segmentor_starts_from_a_published_file(tiny, tmp_path):
    torch.save(of_mmcv_0x(with_150_rows(tiny)), tmp_path / 'iter_160000.pth')
    start = dict(type='Pretrained', checkpoint=str(tmp_path / 'iter_160000.pth'))
    model = network('t', **{'model.init_cfg': start, 'model.backbone.init_cfg': None})
    model.init_weights()
    assert_published_logits(model)


def test_segface_gives_the_published_logits(tmp_path):
    weights = published.state(published.SEGFACE['celeb_mobilenet'])
    training = dict(epoch=299, iteration=1, optimizer=dict(state={}, param_groups=[dict(lr=1e-4)]))
    torch.save(dict(state_dict_backbone=weights, **training), tmp_path / 'model_299.pt')
    model = network('celeb_mobilenet')
    for file in (
        tmp_path / 'model_299.pt',
        publish(tmp_path / 'model_299.pt', tmp_path / 'x.safetensors').path,
    ):
        load_weights(model, file)
        with torch.no_grad():
            found = model(published.image(2, 256, 256))
        assert_same_logits(found[:1, :, ::4, ::4], published.logits('segface_celeb_mobilenet'))


@pytest.mark.parametrize('name', ['celeb_mobilenet', 'lapa_swin_base', 'helen_swin_base'])
def test_class_tokens_are_known_by_name_whatever_their_order(name):
    """A .safetensors copy keeps names sorted; the published order is that of the classes."""
    tokens = [key for key in published.SEGFACE[name] if key.endswith('_token.weight')]
    weights = {
        key: torch.full(shape, float(tokens.index(key)) if key in tokens else 0.0)
        for key, shape in published.SEGFACE[name].items()
        if not key.startswith('backbone.') or key.endswith(('backbone.0.0.weight', 'backbone.0.0.0.weight'))
    }
    rows = translate_keys(dict(sorted(weights.items())))['decode_head.class_tokens']
    assert rows[:, 0].tolist() == list(range(len(tokens)))
