"""A model can be used without its training set-up, whatever of that is unknown here."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from portrait_configs import FACE_PARTS, NORM, portrait_configs, write_config

from mmseg_facenext import FaceParser
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.building import build_segmentor

QUICK, OTHERS = ('segnext', 'segformer', 'bisenetv2', 'fast_scnn'), ('fcn', 'fpn', 'danet', 'deeplabv3')
NAMES = [f'{family}-dumped' for family in QUICK] + [
    'segnext-old-base', 'segnext-mixed', 'own-loss',
    *(pytest.param(f'{family}-dumped', marks=pytest.mark.slow) for family in OTHERS),
    *(pytest.param(name, marks=pytest.mark.slow) for name in ('lraspp-old-base', 'fcn-old-base', 'fcn-mixed')),
]  # fmt: skip
PHOTO = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


@pytest.fixture(scope='module')
def configs(tmp_path_factory):
    return portrait_configs(tmp_path_factory.mktemp('portraits'))


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING)
    return lambda word: [record.getMessage() for record in caplog.records if word in record.getMessage()]


def old_checkpoint(config: Path, file: Path, **meta) -> Path:
    """Random weights as mmcv 0.x stores them, of the rows that the file itself names."""
    options = {}
    model = Config.fromfile(config).model
    options['model.decode_head.num_classes'] = model.decode_head.num_classes
    torch.manual_seed(0)
    weights = build_segmentor(load_config(config, options, purpose='model')).state_dict()
    torch.save({'meta': dict(mmseg_version='0.30.0', **meta), 'state_dict': weights, 'optimizer': {}}, file)
    return file


@pytest.mark.parametrize('name', NAMES)
def test_every_config_is_used_with_its_own_checkpoint(configs, tmp_path, said, name):
    file = old_checkpoint(configs[name], tmp_path / 'iter_20000.pth')
    parser = FaceParser(configs[name], file, device='cpu')
    labels = parser(PHOTO, detect=False).labels
    assert labels.shape == PHOTO.shape[:2]
    outputs = Config.fromfile(configs[name]).model.decode_head.num_classes
    assert parser.label_space.num_classes == outputs
    if name.endswith('dumped'):
        assert parser.label_space.classes[:8] == FACE_PARTS
    (line, *_) = said('its model is used without the training around it')
    assert '\n' not in line
    kind = {'own-loss': 'TFSDataset'}.get(
        name, 'EasyPortraitDataset' if 'old-base' in name else 'EasyPortraitFPDataset'
    )
    assert f'data set {kind}' in line


def test_a_checkpoint_names_the_classes_that_the_config_does_not(configs, tmp_path, said):
    names = (
        'background',
        'skin',
        'left brow',
        'right brow',
        'left eye',
        'right eye',
        'lips',
        'teeth',
        'person',
    )
    palette = [[index] * 3 for index in range(9)]
    config = configs['segnext-old-base']
    file = old_checkpoint(config, tmp_path / 'iter_20000.pth', CLASSES=names, PALETTE=palette)
    space = FaceParser(config, file, device='cpu').label_space
    assert (space.classes, space.palette[3]) == (names, (3, 3, 3))
    assert not said('names the classes')


def test_photos_are_resized_and_normalised_as_the_config_says(configs):
    cfg = load_config(configs['segnext-old-base'], purpose='model')
    steps = [step for step in cfg.test_pipeline if not step['type'].startswith(('Load', 'Pack'))]
    assert steps == [dict(type='FaceResize', scale=(384, 384), keep_ratio=True)]
    preprocessor = cfg.model.data_preprocessor
    assert (preprocessor.mean, preprocessor.std, preprocessor.bgr_to_rgb) == (NORM['mean'], NORM['std'], True)
    steps = load_config(configs['segnext-mixed'], purpose='model').test_pipeline
    assert [step['type'] for step in steps] == [
        'LoadImageFromFile',
        'Resize',
        'LoadAnnotations',
        'PackSegInputs',
    ]


def test_without_a_test_pipeline_photos_are_stretched(configs, tmp_path, said):
    settings = {
        'model': load_config(configs['segnext-mixed'], purpose='model').model.to_dict(),
        'crop_size': (96, 64),
    }
    del settings['model']['data_preprocessor']
    parser = FaceParser(write_config(tmp_path / 'bare.py', settings), device='cpu')
    assert parser(PHOTO, detect=False).labels.shape == PHOTO.shape[:2]
    assert parser.network.resize(PHOTO).shape == (96, 64, 3)
    line = said('without the training')[-1]  # before it: that of the file with a data set
    assert (
        "assumed: photos are stretched to 64x96, as no test pipeline is given, ImageNet's normalisation"
        in line
    )


def test_a_config_of_today_with_unknown_parts(configs, tmp_path, said):
    settings = Config.fromfile(configs['segnext-mixed']).to_dict()
    kept = {
        key: settings[key]
        for key in settings
        if key.endswith(('_dataloader', '_evaluator')) or key == 'model'
    }
    kept['model']['pretrained'] = None
    kept['model']['data_preprocessor'] = dict(
        type='SegDataPreProcessor', mean=[0.0] * 3, std=[1.0] * 3, size_divisor=1
    )
    kept['test_dataloader']['dataset']['pipeline'].insert(1, dict(type='FaceTrans', crop_size=3))
    kept.update(custom_hooks=[dict(type='ChangeWeightHook')], custom_imports=dict(imports='not.installed'))
    kept.update(optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='Shampoo')))
    parser = FaceParser(write_config(tmp_path / 'today.py', kept), device='cpu')
    assert parser(PHOTO, detect=False).labels.shape == PHOTO.shape[:2]
    (line,) = said('without the training')
    for name in (
        'data set EasyPortraitFPDataset', 'transform FaceTrans', 'hook ChangeWeightHook', 'optimizer Shampoo',
        'custom_imports not.installed',
    ):  # fmt: skip
        assert name in line


def test_a_model_that_is_unknown_itself_is_named(configs, tmp_path):
    settings = Config.fromfile(configs['segnext-old-base']).to_dict()
    settings['model']['decode_head']['type'] = 'LightHamHeadEx'
    with pytest.raises(UserError, match=r'cannot build the model of config .*LightHamHeadEx'):
        FaceParser(write_config(tmp_path / 'own_head.py', settings), device='cpu')


def test_old_options_change_a_model_too(configs):
    options = {'model.decode_head.num_classes': 5, 'data.samples_per_gpu': 2}
    assert load_config(configs['fcn-old-base'], options, purpose='model').model.decode_head.num_classes == 5
