import pytest
import torch
from mmengine.config import Config
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.models.decode_heads.ham_head import LightHamHead as UpstreamLightHamHead
from segnext_sizes import SIZES
from torch import nn

from mmseg_facenext.analysis.flops import cost_table, measure_cost
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.building import build_segmentor


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


def test_published_formula():
    """The reference was measured with upstream's implementation, which computes what the paper writes."""
    published = SIZES['tiny']  # the others: docs/model_sizes.md, see test_model_sizes.py
    head = UpstreamLightHamHead(**published.head())
    cost = measure_cost(nn.Sequential(UpstreamMSCAN(**published.backbone()), head), 512, 512)
    assert cost.parameters == published.parameters
    assert round(cost.macs / 1e9, 2) == 6.30


def test_head_saves_what_its_algebra_says():
    """SegNeXt-T at 512x512: the stages have 64, 160 and 256 channels at 64x64, 32x32 and 16x16, C = 256, R = 16."""
    published = SIZES['tiny']
    backbone = dict(type='MSCAN', **published.backbone())
    head = dict(type='LightHamHead', **published.head())
    cost = measure_cost(
        build_segmentor(
            Config(dict(model=dict(type='FaceEncoderDecoder', backbone=backbone, decode_head=head)))
        ),
        512,
        512,
    )
    assert cost.parameters == published.parameters
    adds_up(cost.root)
    assert [child.name for child in cost.root.children] == ['backbone', 'decode_head']
    of_head = {child.name: child for child in cost.root.children[1].children}
    norm = 256 * 64 * 64
    squeezed = 256 * (64 * 64 * 64 + 160 * 32 * 32 + 256 * 16 * 16)
    upsampled = 4 * 2 * 256 * 64 * 64
    assert of_head['squeeze'].macs == squeezed + upsampled + norm
    # X times one of the factors for the start and after each of 2 * 7 updates
    products = 15 * 256 * 16 * 64 * 64
    # 8 updates of coef and 7 of bases: a Gram matrix, its product with the factor, and the elementwise product
    coef, bases = 64 * 64 * 16, 256 * 16
    updates = 8 * (256 * 16 * 16 + coef * 16 + coef) + 7 * (coef * 16 + bases * 16 + bases)
    mixed = 256 * 256 * 16 + 256 * 16 * 64 * 64
    ham = {child.name: child.macs for child in of_head['hamburger'].children}
    assert ham['ham'] == pytest.approx(products + updates + mixed, abs=10)  # sizes are multiplied as well
    assert ham['ham_in'] == 256 * 256 * 64 * 64
    assert ham['ham_out'] == norm


def test_table():
    lines = cost_table(measure_cost(Small(), 500, 500), depth=1).replace('|', ' ').splitlines()
    assert [line.split()[0] for line in lines[2:]] == ['total', 'stem', 'depthwise', '(own)']
    assert lines[2].split() == ['total', 'Small', '0.074', 'G', '100.0%', '304', '100.0%']
    assert len({len(line) for line in lines}) == 1


def test_to_dict_is_limited_by_depth():
    root = measure_cost(Small(), 4, 6).root
    assert 'children' not in root.to_dict(depth=0)
    first = root.to_dict(depth=1)['children'][0]
    assert first == {'name': 'stem', 'kind': 'Sequential', 'macs': 5184, 'parameters': 216}
    assert root.to_dict()['children'][0]['children'][0]['name'] == '0'
