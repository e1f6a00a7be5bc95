"""What the runner refuses: numbers that would train nothing, checkpoints of another optimizer."""

import pytest
import torch

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError


@pytest.mark.parametrize(('name', 'value'), [('max_iters', 0), ('max_iters', -4), ('val_interval', 0)])
def test_numbers_that_would_train_nothing(tiny_config, tmp_path, name, value):
    cfg = load_config(tiny_config, {'work_dir': str(tmp_path)})
    cfg.train_cfg[name] = value
    with pytest.raises(UserError, match=rf'train_cfg\.{name} must be at least 1, got {value}'):
        train(cfg)


def test_training_and_validation_on_other_classes(tiny_config, tmp_path):
    space = {'train_dataloader.dataset.label_space': 'celebamask_hq_segface'}
    with pytest.raises(UserError, match=r'have other classes \(19: background, neck, .*dataset\.label_space'):
        train(load_config(tiny_config, {'work_dir': str(tmp_path), **space}))


def test_a_checkpoint_of_another_optimizer(tiny_config, tmp_path):
    options = {'work_dir': str(tmp_path), 'train_cfg.max_iters': 2}
    train(load_config(tiny_config, options))
    path = tmp_path / 'iter_2.pth'
    checkpoint = torch.load(path, weights_only=False)
    checkpoint['optimizer']['param_groups'].pop()
    torch.save(checkpoint, path)
    with pytest.raises(
        UserError, match=r'iter_2\.pth cannot be resumed with this config: ValueError.*--load-from'
    ):
        train(load_config(tiny_config, {**options, 'train_cfg.max_iters': 4}), resume=True)
