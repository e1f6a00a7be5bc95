"""The inference model that `fuse` makes gives what the trained model gives."""

import copy

import pytest
import torch
from closeness import assert_same_logits, assert_same_numbers
from mmcv.cnn import ConvModule
from mmengine.config import Config
from segnext_sizes import SIZES
from torch import nn

from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.models import MSCAN, EfficientNetLite, LightHamHead, fuse
from mmseg_facenext.models.fused import fused_msca_block

SMALL = dict(
    embed_dims=[8, 16, 24, 32], depths=[1, 2, 1, 1], mlp_ratios=[2, 2, 2, 2], norm_cfg=dict(type='BN')
)
HEAD = dict(
    in_channels=[16, 24, 32],
    in_index=[1, 2, 3],
    channels=16,
    ham_channels=32,
    ham_kwargs=dict(MD_R=4),
    num_classes=5,
    norm_cfg=dict(type='GN', num_groups=4),
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def trained(model: nn.Module) -> nn.Module:
    """`model` in evaluation mode with statistics and scales as training leaves them, dead channels included."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, -1.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            module.running_var[0], module.weight.data[0] = 0.0, 0.01
            module.weight.data[1] = 0.0
            module.running_var[2], module.weight.data[2] = 0.0, 0.0
    for name, parameter in model.named_parameters():
        if 'layer_scale' in name:
            nn.init.uniform_(parameter, -0.5, 0.5)
    return model.eval()


def segnext(backbone: dict, head: dict) -> nn.Module:
    return trained(nn.Sequential(MSCAN(**backbone), LightHamHead(**head)))


@torch.no_grad()
def assert_same(model: nn.Module, fused: nn.Module, image: torch.Tensor) -> None:
    expected, given = model(image), fused(image)
    if isinstance(expected, torch.Tensor):
        expected, given = [expected], [given]
    for theirs, ours in zip(expected, given, strict=True):
        assert_same_logits(ours, theirs)


def norms_of(model: nn.Module) -> list[str]:
    return [n for n, m in model.named_modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]


@pytest.mark.parametrize(
    'overrides',
    [
        dict(),
        dict(norm_cfg=dict(type='FaceSyncBN')),
        dict(act_cfg=dict(type='ReLU')),
        dict(with_cp=True, frozen_stages=2, drop_path_rate=0.5, drop_rate=0.5),
        dict(out_indices=(1, 2, 3)),
        dict(attention_kernel_sizes=(3, (1, 5)), attention_kernel_paddings=(1, (0, 2))),
    ],
    ids=str,
)
@pytest.mark.parametrize('shape', [(2, 3, 64, 96), (1, 3, 65, 33)])
def test_every_mscan(overrides, shape):
    model = trained(MSCAN(**{**SMALL, **overrides}))
    fused = fuse(model)
    assert norms_of(model)
    assert not norms_of(fused)
    assert_same(model, fused, torch.randn(shape))


def test_large_hidden_tensors_are_worked_through_in_parts(monkeypatch):
    model = trained(MSCAN(**{**SMALL, 'mlp_ratios': [2.5, 3, 1, 0.5]}))
    fused, image = fuse(model), torch.randn(2, 3, 64, 48)
    whole = fused(image)
    monkeypatch.setattr(fused_msca_block, 'LARGE_BYTES', 0)
    assert not torch.equal(fused(image)[0], whole[0])  # another order of additions
    assert_same(model, fused, image)


def test_in_channels():
    model = trained(MSCAN(in_channels=5, **SMALL))
    assert_same(model, fuse(model), torch.randn(1, 5, 64, 64))


@pytest.mark.parametrize('norm_cfg', [dict(type='GN', num_groups=4), dict(type='BN'), None])
def test_every_head(norm_cfg):
    model = segnext(SMALL, {**HEAD, 'norm_cfg': norm_cfg})
    assert_same(model, fuse(model), torch.randn(2, 3, 64, 64))


@pytest.mark.parametrize('size', ['tiny', 'small'])
def test_published_sizes(size):
    model = segnext(SIZES[size].backbone(), SIZES[size].head())
    assert_same(model, fuse(model), torch.randn(1, 3, 128, 96))


def test_the_same_photo_gives_the_same_bits_and_the_fixed_start_is_kept():
    model = segnext(SMALL, HEAD)
    fused = fuse(model)
    image = torch.randn(1, 3, 64, 64)
    assert torch.equal(fused(image), fused(image))
    assert torch.equal(fused[1].hamburger.ham.fixed_bases, model[1].hamburger.ham.fixed_bases)


def test_the_trained_model_stays_as_it_is():
    model = segnext(SMALL, HEAD).train()
    before = copy.deepcopy(model.state_dict())
    fused = fuse(model)
    assert not fused.training
    assert not any(parameter.requires_grad for parameter in fused.parameters())
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    torch.testing.assert_close(model.state_dict(), before, atol=0, rtol=0)
    model.eval()
    for parameter in fused.parameters():
        parameter.zero_()  # shares nothing with the trained one
    torch.testing.assert_close(model.state_dict(), before, atol=0, rtol=0)


def test_fusing_and_copying_a_fused_model():
    fused = fuse(segnext(SMALL, HEAD))
    image = torch.randn(1, 3, 64, 64)
    assert torch.equal(fuse(fused)(image), fused(image))
    assert torch.equal(copy.deepcopy(fused)(image), fused(image))


def test_a_norm_that_depends_on_the_image_stays():
    model = trained(MSCAN(**{**SMALL, 'norm_cfg': dict(type='GN', num_groups=2)}))
    fused = fuse(model)
    assert list(fused.state_dict()) == list(model.state_dict())
    assert_same(model, fused, torch.randn(1, 3, 64, 64))


def test_bfloat16_follows_float32():
    model = segnext(SIZES['tiny'].backbone(), SIZES['tiny'].head())
    image = torch.randn(1, 3, 128, 128)
    with torch.no_grad():
        expected, given = model(image), fuse(model).bfloat16()(image.bfloat16())
    assert given.dtype == torch.bfloat16
    assert (expected.argmax(1) == given.argmax(1)).float().mean() > 0.97


class Borders(nn.Module):
    """What a general network is made of."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.module = ConvModule(8, 8, 3, padding=1, groups=2, norm_cfg=dict(type='BN'))
        self.before = ConvModule(8, 8, 3, padding=1, norm_cfg=dict(type='BN'), order=('norm', 'conv', 'act'))
        self.batch_only = nn.Sequential(nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8, track_running_stats=False))
        self.spectral = nn.Sequential(nn.utils.spectral_norm(nn.Conv2d(8, 8, 1)), nn.BatchNorm2d(8))
        self.up = nn.Sequential(nn.ConvTranspose2d(8, 8, 2, stride=2), nn.BatchNorm2d(8, affine=False))

    def forward(self, x):
        return self.up(self.spectral(self.batch_only(self.before(self.module(self.stem(x))))))


def test_other_networks_are_folded_where_it_is_exact():
    model = Borders()
    for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d) and m.track_running_stats):
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2.0)
    model.eval()
    fused = fuse(model)
    assert norms_of(fused) == ['before.bn', 'batch_only.1', 'spectral.1', 'up.1']
    assert_same(model, fused, torch.randn(2, 3, 16, 16))


def test_efficientnet_lite():
    model = trained(EfficientNetLite())
    fused = fuse(model)
    assert not norms_of(fused)
    assert_same(model, fused, torch.randn(2, 3, 64, 45))


def test_a_segmentor_stays_a_segmentor():
    cfg = dict(
        type='FaceEncoderDecoder',
        data_preprocessor=dict(type='FacePreProcessor', mean=[1.0] * 3, std=[2.0] * 3),
        backbone=dict(type='MSCAN', **SMALL),
        decode_head=dict(type='LightHamHead', **HEAD),
        test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(24, 24)),
    )
    model = trained(build_segmentor(Config(dict(model=cfg))))
    model.dataset_meta = dict(classes=('a', 'b', 'c', 'd', 'e'))
    fused = fuse(model)
    assert type(fused) is type(model)
    assert fused.test_cfg == model.test_cfg
    assert fused.dataset_meta == model.dataset_meta
    batch = [torch.randint(0, 256, (3, 48, 40)) for _ in range(2)]
    theirs, ours = (one.test_step(dict(inputs=batch)) for one in (model, fused))
    for a, b in zip(theirs, ours, strict=True):
        assert_same_logits(b.seg_logits.data[None], a.seg_logits.data[None])
        assert torch.equal(b.pred_sem_seg.data[0], b.seg_logits.data.argmax(0))


def test_a_convolution_that_is_there_twice():
    conv = nn.Conv2d(3, 3, 1)
    model = trained(nn.Sequential(conv, conv, nn.BatchNorm2d(3)))
    assert_same(model, fuse(model), torch.randn(1, 3, 8, 8))


@pytest.mark.parametrize('large', [0, 2**62])
def test_gradients_of_the_image_are_those_of_the_trained_model(monkeypatch, large):
    monkeypatch.setattr(fused_msca_block, 'LARGE_BYTES', large)
    model, image = segnext(SMALL, HEAD), torch.randn(1, 3, 64, 64, requires_grad=True)
    expected, given = (
        torch.autograd.grad(one(image).square().mean(), image)[0] for one in (model, fuse(model))
    )
    assert_same_numbers(given, expected)


@pytest.mark.parametrize('large', [0, 2**62])
def test_under_autocast(monkeypatch, large):
    monkeypatch.setattr(fused_msca_block, 'LARGE_BYTES', large)
    model, image = segnext(SMALL, HEAD), torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = model(image)
        with torch.autocast('cpu', dtype=torch.bfloat16):
            given = fuse(model)(image)
    assert_same_numbers(
        given.float(), expected, bound=0.1
    )  # bfloat16 has 8 bits, a step of 1/256 in each layer


def parametrised(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.utils.parametrizations.weight_norm(module)


def test_weights_that_are_computed_from_others():
    model, image = segnext(SMALL, HEAD), torch.randn(1, 3, 64, 64)
    parametrised(model)
    fused = fuse(model)
    assert norms_of(fused)
    assert_same(model, fused, image)


def test_a_block_in_which_a_hook_changes_something_stays():
    model = segnext(SMALL, HEAD)
    model[0].block2[0].attn.proj_1.register_forward_hook(lambda module, inputs, output: 2 * output)
    fused = fuse(model)
    assert norms_of(fused) == ['0.block2.0.norm1', '0.block2.0.norm2']
    assert_same(model, fused, torch.randn(1, 3, 64, 64))
