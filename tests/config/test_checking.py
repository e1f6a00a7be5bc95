"""Mistakes in config files are one line that names the setting; what is right, or unknown here, passes."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import mmseg
import pytest
from mmengine.config import Config

from mmseg_facenext.config.checks.annotations import fits
from mmseg_facenext.config.checks.checking import mistakes
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError

LEAF = Path(__file__).parents[2] / 'local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py'
UPSTREAM = Path(mmseg.__file__).parent / '.mim/configs'


@pytest.fixture(scope='module')
def leaf():
    return load_config(LEAF)


def found(leaf, name, value):
    cfg = copy.deepcopy(leaf)
    cfg.merge_from_dict({name: value})
    return mistakes(cfg)


@pytest.mark.parametrize(
    ('name', 'value', 'similar'),
    [
        ('optim_wraper', dict(type='OptimWrapper'), 'optim_wrapper'),
        ('modle', {}, 'model'),
        ('train_cgf', {}, 'train_cfg'),
        ('train_cfg.val_intervall', 3, 'val_interval'),
        ('train_dataloader.num_workes', 4, 'num_workers'),
        ('train_dataloader.sampler.shufle', True, 'shuffle'),
        ('train_dataloader.dataset.data_rot', 'x', 'data_root'),
        ('train_dataloader.dataset.pipeline.2.keep_ration', True, 'keep_ratio'),
        ('optim_wrapper.optimizer.wieght_decay', 0.1, 'weight_decay'),
        ('optim_wrapper.clip_grad', dict(max_nrom=1), 'max_norm'),
        ('optim_wrapper.paramwise_cfg.custom_keyz', {}, 'custom_keys'),
        ('optim_wrapper.paramwise_cfg.custom_keys.head.lr_mul', 3, 'lr_mult'),
        ('param_scheduler.0.begn', 3, 'begin'),
        ('default_hooks.checkpoint.save_bset', 'mIoU', 'save_best'),
        ('default_hooks.chekpoint', dict(type='FaceCheckpointHook'), 'checkpoint'),
        ('env_cfg.cudnn_benchmrk', True, 'cudnn_benchmark'),
        ('randomness.sed', 1, 'seed'),
        ('log_processor.by_epoc', True, 'by_epoch'),
        ('val_evaluator.iou_metrcs', ['mIoU'], 'iou_metrics'),
        ('model.backbone.embed_dim', [1], 'embed_dims'),
        ('model.decode_head.num_class', 3, 'num_classes'),
        ('model.decode_head.loss_decode.loss_wieght', 1, 'loss_weight'),
        ('model.data_preprocessor.maen', [1], 'mean'),
        ('model.test_cfg.mod', 'whole', 'mode'),
        ('optim_wrapper.optimizer.type', 'AdmW', 'AdamW'),
        ('train_dataloader.dataset.type', 'CelebAMaskHQDatset', 'CelebAMaskHQDataset'),
        ('train_cfg.type', 'IterBasedTrainLop', 'IterBasedTrainLoop'),
    ],
)
def test_a_misspelt_name_is_found_with_the_right_one(leaf, name, value, similar):
    lines = found(leaf, name, value)
    assert any(line.startswith(name) and f'did you mean {similar}?' in line for line in lines), lines


@pytest.mark.parametrize(
    ('name', 'value', 'expected'),
    [
        ('train_dataloader.dataset.pipeline', [], 'a list (a dict each) that is not empty'),
        ('train_dataloader.dataset.pipeline.2.scale', [], 'a whole number or 2 values in a list'),
        ('train_dataloader.num_workers', 0.5, 'a whole number'),
        ('train_dataloader.batch_size', '4', 'a whole number'),
        ('train_dataloader.batch_size', 0, 'at least 1'),
        ('train_dataloader.persistent_workers', 'x', 'True or False'),
        ('train_cfg.max_iters', math.inf, 'a whole number'),
        ('train_cfg.max_iters', -3, 'at least 1'),
        ('default_hooks.checkpoint.interval', -1, 'at least 1'),
        ('default_hooks.logger.interval', 'often', 'a whole number'),
        ('custom_hooks', ['NanGuardHook'], 'a dict'),
        ('custom_hooks.0.type', [1], 'expected a name'),
        ('custom_hooks', [dict(typ='NanGuardHook')], 'needs a type'),
        ('val_evaluator.iou_metrics', None, "'mIoU'"),
        ('val_evaluator.iou_metrics', ['mIuO'], "'mIoU'"),
        ('val_evaluator', [], 'not empty'),
        ('optim_wrapper.optimizer.lr', math.nan, 'NaN'),
        ('optim_wrapper.clip_grad', 3, 'a dict'),
        ('param_scheduler', 'poly', 'a dict'),
        ('param_scheduler.0.end', 'x', 'a whole number'),
        ('model.backbone.norm_cfg.requires_grad', [1], 'True or False'),
        ('model.backbone.drop_path_rate', [], 'a number'),
        ('model.decode_head.num_classes', None, 'a whole number'),
        ('model.decode_head.align_corners', 'no', 'True or False'),
        ('model.data_preprocessor.mean', 3, 'a list'),
        ('model.test_cfg.mode', 'slid', "'whole' or 'slide'"),
        ('env_cfg.mp_cfg.mp_start_method', 'frok', "'fork'"),
        ('env_cfg', 3, 'a dict'),
        ('randomness.seed', 'x', 'a whole number'),
        ('default_scope', 3, 'text'),
        ('default_scope', 'no_such_package', 'mmseg'),
    ],
)
def test_a_value_of_another_kind_is_found(leaf, name, value, expected):
    lines = found(leaf, name, value)
    assert any(line.startswith(name) and expected in line for line in lines), lines


def test_an_empty_test_cfg(leaf):
    cfg = copy.deepcopy(leaf)
    cfg.model.test_cfg = {}
    assert mistakes(cfg) == ["model.test_cfg needs mode: 'whole' or 'slide' or 'slide_flip'"]


def test_all_mistakes_of_a_file_are_one_line(tmp_path):
    file = tmp_path / 'wrong.py'
    file.write_text(
        f'_base_ = {str(LEAF)!r}\n'
        'param_schedulers = []\n'
        'train_cfg = dict(val_intervall=3, max_iters=float("inf"))\n'
        'default_hooks = dict(checkpoint=dict(interval=-1))\n'
    )
    with pytest.raises(UserError) as raised:
        load_config(file)
    message = str(raised.value)
    assert '\n' not in message
    assert message.startswith(f'config {file}: ')
    assert 'did you mean param_scheduler?' in message
    assert 'train_cfg.val_intervall' in message
    assert 'train_cfg.max_iters: expected a whole number of at least 1, got inf' in message
    assert 'default_hooks.checkpoint.interval must be at least 1, got -1' in message
    assert load_config(file, purpose='model').model.type == 'FaceEncoderDecoder'


def test_a_misspelt_model_is_found_for_inference_too(tmp_path):
    file = tmp_path / 'wrong.py'
    file.write_text(f'_base_ = {str(LEAF)!r}\nmodel = dict(test_cfg=dict(mod="slide"))\n')
    with pytest.raises(UserError, match=r'model\.test_cfg\.mod: .* did you mean mode\?'):
        load_config(file, purpose='model')


FOREIGN = """
from mmengine.registry import HOOKS, MODELS
from torch import nn


@HOOKS.register_module(force=True)
class TakesAnything:
    priority = 'NORMAL'

    def __init__(self, every=1, **kwargs):
        self.settings = kwargs


@MODELS.register_module(force=True)
class ForeignBackbone(nn.Module):
    def __init__(self, width, **kwargs):
        super().__init__()
        self.width, self.rest = width, kwargs.get('extra')
"""


def test_what_is_unknown_here_passes(leaf, tmp_path, monkeypatch):
    """Own variables, and arguments of modules that take any."""
    (tmp_path / 'takes_anything.py').write_text(FOREIGN)
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / 'own.py'
    file.write_text(
        f'_base_ = {str(LEAF)!r}\n'
        'custom_imports = dict(imports=["takes_anything"], allow_failed_imports=False)\n'
        'my_number, side, train_sets = 3, 512, 7\n'
        'model_side = side\n'
        'custom_hooks = [dict(type="TakesAnything", everi=3, anything=[1], priority=49)]\n'
        'model = dict(backbone=dict(_delete_=True, type="ForeignBackbone", width=3, extra=2, other=None))\n'
        'default_hooks = dict(mine=dict(type="TakesAnything", x=1))\n'
    )
    assert load_config(file).custom_hooks[0].everi == 3


@pytest.mark.parametrize(
    'name',
    [
        'segnext/segnext_mscan-t_1xb16-adamw-160k_ade20k-512x512.py',
        'bisenetv2/bisenetv2_fcn_4xb4-ohem-160k_cityscapes-1024x1024.py',
        'mask2former/mask2former_swin-t_8xb2-160k_ade20k-512x512.py',
        'pspnet/pspnet_r101-d8_4xb2-amp-80k_cityscapes-512x1024.py',
        'vpd/vpd_sd_4xb8-25k_nyu-512x512.py',
        'dnlnet/dnl_r50-d8_4xb2-80k_cityscapes-769x769.py',
        'beit/beit-base_upernet_8xb2-160k_ade20k-640x640.py',
        'unet/unet-s5-d16_fcn_4xb4-160k_hsidrive-192x384.py',
    ],
)
def test_upstreams_configs_pass(name):
    """Those that come nearest to what is refused; all 682 were tried once."""
    assert mistakes(Config.fromfile(UPSTREAM / name, import_custom_modules=False)) == []


@pytest.mark.parametrize(
    ('value', 'annotation', 'right'),
    [
        (3, int, True), (3.0, int, True), (3.5, int, False), (True, int, False), ('3', int, False), (3, float, True),
        (math.nan, float, False), (math.inf, float, True), (1, bool, True), (2, bool, False), (Path('x'), str, True),
        ([1, 2], tuple[int, int], True), ([1], tuple[int, int], False), ((1, 2), list[int], True), (3, list, False),
        ('ab', list[str], False), ({'a': 1}, dict[str, int], True), ({'a': 'b'}, dict[str, int], False),
        (None, int | None, True), ([None], list[int | None], True), (object(), Path, True),
    ],
)  # fmt: skip
def test_values_and_annotations(value, annotation, right):
    assert fits(value, annotation) is right
