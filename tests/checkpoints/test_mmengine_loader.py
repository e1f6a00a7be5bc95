import pytest
import torch
from mmengine.model import BaseModule
from mmengine.runner import load_checkpoint

from mmseg_facenext.errors import UserError


class Layer(BaseModule):
    def __init__(self, init_cfg=None):
        super().__init__(init_cfg)
        self.line = torch.nn.Linear(1, 1)


def test_init_cfg_of_any_module_executes_nothing(tmp_path):
    layer, file = Layer(), tmp_path / 'x.pth'
    torch.save({'state_dict': layer.state_dict()}, file)
    copy = Layer(init_cfg=dict(type='Pretrained', checkpoint=str(file)))
    copy.init_weights()
    assert torch.equal(copy.line.weight, layer.line.weight)
    torch.save({'state_dict': layer.state_dict(), 'extra': layer}, file)
    with pytest.raises(UserError, match='was refused'):
        Layer(init_cfg=dict(type='Pretrained', checkpoint=str(file))).init_weights()
    with pytest.raises(UserError, match='was refused'):
        load_checkpoint(layer, str(file))
