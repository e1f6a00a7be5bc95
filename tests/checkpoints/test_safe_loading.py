import pytest
import torch
from mmengine.model import BaseModule
from mmengine.runner import CheckpointLoader, load_checkpoint

from mmseg_facenext.checkpoints.safe_loading import safe_loading
from mmseg_facenext.errors import UserError


class Layer(BaseModule):
    def __init__(self, init_cfg=None):
        super().__init__(init_cfg)
        self.line = torch.nn.Linear(1, 1)


def test_init_cfg_of_any_module_executes_nothing(tmp_path):
    layer, file = Layer(), tmp_path / 'x.pth'
    torch.save({'state_dict': layer.state_dict()}, file)
    copy = Layer(init_cfg=dict(type='Pretrained', checkpoint=str(file)))
    with safe_loading():
        copy.init_weights()
    assert torch.equal(copy.line.weight, layer.line.weight)
    torch.save({'state_dict': layer.state_dict(), 'extra': layer}, file)
    with safe_loading():
        with pytest.raises(UserError, match='was refused'):
            Layer(init_cfg=dict(type='Pretrained', checkpoint=str(file))).init_weights()
        with pytest.raises(UserError, match='was refused'):
            load_checkpoint(layer, str(file))


def test_mmengines_loaders_come_back():
    before = dict(CheckpointLoader._schemes)
    with safe_loading():
        assert set(CheckpointLoader._schemes) == set(before)
        assert not set(CheckpointLoader._schemes.values()) & set(before.values())
    assert dict(CheckpointLoader._schemes) == before
