"""Training a config with unknown parts: all of them in one message, each with what to do."""

from __future__ import annotations

import pytest
from portrait_configs import BY_ITERATION, OLD_SCHEDULE, model, old_data, portrait_configs, write_config

from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError


def test_everything_unknown_is_listed_at_once(tmp_path):
    settings = dict(
        OLD_SCHEDULE, model=model('segformer', 11), **BY_ITERATION,
        data=old_data('TFSDataset', 512, 'data/TFS', False, train_steps=[dict(type='FaceTrans', crop_size=[480, 480])]),
        custom_hooks=[dict(type='ChangeWeightHook', toweight=0.1), dict(type='MMSegWandbHook')],
    )  # fmt: skip
    settings['optimizer'] = dict(type='AdanW', lr=1e-3)
    settings['model']['decode_head']['loss_decode'] = [dict(type='PixelContrastLoss')]
    with pytest.raises(UserError) as raised:
        load_config(write_config(tmp_path / 'own.py', settings))
    message = str(raised.value)
    assert '\n' not in message
    for name in ('TFSDataset', 'FaceTrans', 'ChangeWeightHook', 'PixelContrastLoss'):
        assert repr(name) in message
    assert "there is no optimizer 'AdanW' here: did you mean AdamW?" in message
    assert "vis_backends=[dict(type='WandbVisBackend')] does that" in message
    assert message.count('name the module that registers it in custom_imports') >= 5
    folders = (
        "dict(type='BaseSegDataset', data_root='data/TFS', img_suffix='.jpg', seg_map_suffix='.png', "
        "img_dir='images/train', ann_dir='annotations/train', classes=('<name of id 0>', '<name of id 1>', ...)"
    )
    assert message.count(folders) == 1
    assert "data.val.type ('TFSDataset' too, of images/val and annotations/val)" in message


def test_what_is_offered_for_folders_works(tmp_path):
    """Written out as the message says, the same config trains."""
    configs = portrait_configs(tmp_path, data_root='data/faces')
    with pytest.raises(UserError, match=r'default_hooks.* take those of one generation out'):
        load_config(configs['segnext-dumped'])
    settings = dict(
        OLD_SCHEDULE, model=model('segnext', 2), **BY_ITERATION,
        data=old_data('BaseSegDataset', 384, 'data/faces', classes=('background', 'person')),
    )  # fmt: skip
    dataset = load_config(write_config(tmp_path / 'folders.py', settings)).train_dataloader.dataset
    assert dataset.type == 'BaseSegDataset'
    assert dataset.data_prefix == dict(img_path='images/train', seg_map_path='annotations/train')
    assert dataset.metainfo.classes == ('background', 'person')


def test_custom_imports_that_cannot_be_imported(tmp_path):
    settings = dict(
        OLD_SCHEDULE, model=model('segnext', 2), **BY_ITERATION, custom_imports=dict(imports=['no.such_module']),
        data=old_data('BaseSegDataset', 384, 'data/faces', classes=('background', 'person')),
    )  # fmt: skip
    file = write_config(tmp_path / 'imports.py', settings)
    with pytest.raises(UserError, match=r'cannot import its custom_imports no\.such_module .*PYTHONPATH'):
        load_config(file)
    assert load_config(file, purpose='model').model.decode_head.num_classes == 2


def test_a_backbone_of_mmcls(tmp_path):
    """mmpretrain is what mmcls is called today."""
    settings = dict(
        OLD_SCHEDULE, model=model('segformer', 2), **BY_ITERATION, custom_imports=dict(imports='mmcls.models'),
        data=old_data('BaseSegDataset', 384, 'data/faces', classes=('background', 'person')),
    )  # fmt: skip
    settings['model']['backbone'] = dict(type='mmcls.ConvNeXt', arch='tiny', out_indices=[0, 1, 2, 3])
    cfg = load_config(write_config(tmp_path / 'mmcls.py', settings))
    assert cfg.model.backbone.type == 'mmpretrain.ConvNeXt'
    assert 'mmpretrain.models' in cfg.custom_imports.imports
