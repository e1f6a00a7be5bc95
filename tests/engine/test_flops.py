import pytest
import torch
from mmengine.config import Config
from torch import nn

from mmseg_facenext.apis import build_segmentor
from mmseg_facenext.engine.flops import cost_table, measure_cost
from mmseg_facenext.errors import UserError


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.ReLU())
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.scale = nn.Parameter(torch.ones(8, 1, 1))

    def forward(self, x):
        return self.scale * self.depthwise(self.stem(x))


def test_hand_computed():
    cost = measure_cost(Small(), 4, 6)
    pixels = 4 * 6
    by_name = {child.name: (child.macs, child.parameters) for child in cost.root.children}
    assert by_name == {
        'stem': (pixels * 8 * 3 * 9, 8 * 3 * 9),
        'depthwise': (pixels * 8 * 9, 8 * 9 + 8),
        '(own)': (pixels * 8, 8),
    }
    assert cost.macs == sum(macs for macs, _ in by_name.values())
    assert cost.parameters == 216 + 80 + 8
    assert cost.shape == (3, 4, 6)


def test_shared_module_counts_its_parameters_once_and_its_macs_twice():
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 3, 1, bias=False)
            self.again = self.first

        def forward(self, x):
            return self.again(self.first(x))

    cost = measure_cost(Shared(), 2, 2)
    assert cost.macs == 2 * 4 * 9
    assert cost.parameters == 9


def test_mode_is_restored_and_unknown_operators_are_named():
    class Odd(nn.Module):
        def forward(self, x):
            return torch.linalg.vector_norm(x, dim=1)

    model = Odd().train()
    forward = model.forward
    cost = measure_cost(model, 2, 2)
    assert model.training
    assert model.forward == forward
    assert cost.macs == 0
    assert cost.uncounted == ('aten::linalg_vector_norm',)


def test_size_that_does_not_fit():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 1))
    with pytest.raises(UserError, match=r'cannot take an image of 4x4 \(HxW\): .*shapes'):
        measure_cost(model, 4, 4)


def adds_up(module):
    if module.children:
        assert module.macs == sum(child.macs for child in module.children), module.name
        assert module.parameters == sum(child.parameters for child in module.children), module.name
    for child in module.children:
        adds_up(child)


def test_segnext_tiny_matches_the_reference():
    """4,229,747 parameters are published; 6.30 G MACs were measured with upstream's implementation."""
    head = {
        'type': 'LightHamHead',
        'in_channels': [64, 160, 256],
        'in_index': [1, 2, 3],
        'channels': 256,
        'ham_channels': 256,
        'ham_kwargs': {'MD_R': 16},
        'num_classes': 19,
        'norm_cfg': {'type': 'GN', 'num_groups': 32},
    }
    backbone = {
        'type': 'MSCAN',
        'embed_dims': [32, 64, 160, 256],
        'depths': [3, 3, 5, 2],
        'mlp_ratios': [8, 8, 4, 4],
        'norm_cfg': {'type': 'BN'},
    }
    model = {'type': 'EncoderDecoder', 'backbone': backbone, 'decode_head': head}
    cost = measure_cost(build_segmentor(Config({'model': model})), 512, 512)
    assert cost.parameters == 4_229_747
    assert round(cost.macs / 1e9, 2) == 6.30
    adds_up(cost.root)
    assert [child.name for child in cost.root.children] == ['backbone', 'decode_head']
    # The head resizes 64, 160 and 256 channels to 64x64 by itself, 4 MACs an element.
    own = {child.name: child.macs for child in cost.root.children[1].children}['(own)']
    assert own == 4 * (64 + 160 + 256) * 64 * 64


def test_table():
    lines = cost_table(measure_cost(Small(), 500, 500), depth=1).splitlines()
    assert [line.split()[0] for line in lines[2:]] == ['total', 'stem', 'depthwise', '(own)']
    assert lines[2].split() == ['total', 'Small', '0.074', 'G', '100.0%', '304', '100.0%']
    assert len({len(line) for line in lines}) == 1


def test_to_dict_is_limited_by_depth():
    root = measure_cost(Small(), 4, 6).root
    assert 'children' not in root.to_dict(depth=0)
    first = root.to_dict(depth=1)['children'][0]
    assert first == {'name': 'stem', 'kind': 'Sequential', 'macs': 5184, 'parameters': 216}
    assert root.to_dict()['children'][0]['children'][0]['name'] == '0'
