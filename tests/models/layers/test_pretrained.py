"""`init_cfg=dict(type='Pretrained')` of our modules: everything from the file, or a refusal."""

import pytest
import torch
from mmengine.model import BaseModule

from mmseg_facenext.errors import UserError
from mmseg_facenext.models.layers.pretrained import PretrainedModule


class Inner(BaseModule):
    """Draws its weights anew, as heads of mmseg do."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)

    def init_weights(self):
        torch.nn.init.constant_(self.line.weight, 7)


class Outer(PretrainedModule):
    def __init__(self, init_cfg=None):
        super().__init__(init_cfg)
        self.inner = Inner()
        self.line = torch.nn.Linear(1, 1)


@pytest.fixture
def file(tmp_path):
    weights = {key: torch.full_like(value, 3) for key, value in Outer().state_dict().items()}
    torch.save(weights, tmp_path / 'x.pth')
    return tmp_path / 'x.pth'


def test_a_file_goes_last_whatever_else_is_drawn(file):
    pretrained = dict(type='Pretrained', checkpoint=str(file))
    for init_cfg in (pretrained, [pretrained, dict(type='Constant', layer='Linear', val=5)]):
        module = Outer(init_cfg)
        module.init_weights()
        assert {value.item() for value in module.state_dict().values()} == {3}
        assert module.init_cfg == init_cfg


def test_without_a_file_mmengine_does_what_init_cfg_says():
    module = Outer(dict(type='Constant', layer='Linear', val=5))
    module.init_weights()
    assert (module.line.weight.item(), module.inner.line.weight.item()) == (5, 7)
    Outer().init_weights()


def test_a_file_that_lacks_weights_is_refused(file):
    torch.save({'line.weight': torch.ones(1, 1), 'line.bias': torch.ones(1)}, file)
    with pytest.raises(UserError, match=r'missing: inner\.line\.weight, inner\.line\.bias'):
        Outer(dict(type='Pretrained', checkpoint=str(file))).init_weights()
