"""LightHamHead and its NMF against upstream mmseg's and the update rules written out by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from closeness import assert_same_gradients, assert_same_numbers
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.models.decode_heads.ham_head import LightHamHead as UpstreamLightHamHead
from mmseg.registry import MODELS
from segnext_sizes import SIZES

from mmseg_facenext.errors import UserError
from mmseg_facenext.models import MSCAN, NMF2D, LightHamHead
from mmseg_facenext.models.layers.hamburger import seeded_bases
from mmseg_facenext.models.layers.levelwise_conv2d import LevelwiseConv2d


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def head(**overrides) -> dict:
    cfg = dict(
        in_channels=[8, 16, 24],
        in_index=[1, 2, 3],
        channels=16,
        ham_channels=32,
        ham_kwargs=dict(MD_R=4),
        num_classes=5,
        norm_cfg=dict(type='GN', num_groups=4),
    )
    return {**cfg, **overrides}


def stages(batch: int = 2) -> list[torch.Tensor]:
    return [torch.randn(batch, c, 64 // s, 48 // s) for c, s in ((4, 4), (8, 8), (16, 16), (24, 32))]


@pytest.mark.parametrize('size', SIZES)
def test_parameters_and_keys_of_the_published_sizes(size):
    published = SIZES[size]
    ours = [MSCAN(**published.backbone()), LightHamHead(**published.head())]
    theirs = [UpstreamMSCAN(**published.backbone()), UpstreamLightHamHead(**published.head())]
    assert sum(p.numel() for module in ours for p in module.parameters()) == published.parameters
    for a, b in zip(ours, theirs, strict=True):
        assert list(a.state_dict()) == list(b.state_dict())


def test_the_name_means_ours_in_the_mmseg_registry():
    assert MODELS.get('LightHamHead') is LightHamHead


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('norm_cfg', [dict(type='GN', num_groups=4), dict(type='BN'), None])
def test_logits_and_gradients_equal_upstream_from_the_same_start(training, norm_cfg):
    cfg = head(ham_kwargs=dict(MD_R=4, rand_init=True), dropout_ratio=0.0, norm_cfg=norm_cfg)
    ours, theirs = LightHamHead(**cfg), UpstreamLightHamHead(**cfg)
    theirs.load_state_dict(ours.state_dict())
    features = stages()
    logits = []
    for model in (ours, theirs):
        torch.manual_seed(7)  # both draw the start bases from the global generator
        logits.append(model.train(training)(features))
        logits[-1].square().mean().backward()
    assert_same_numbers(*logits)
    gradients = dict(theirs.named_parameters())
    assert_same_gradients(
        (parameter.grad for parameter in ours.parameters()),
        (gradients[name].grad for name, _ in ours.named_parameters()),
    )


def test_other_channels_than_the_head_was_built_for():
    with pytest.raises(UserError, match=r'built for 9 channels in total, the backbone returns \[4, 8\]: set'):
        LevelwiseConv2d(9, 2, 1)([torch.zeros(1, 4, 2, 2), torch.zeros(1, 8, 1, 1)])


def test_levelwise_convolution_is_that_of_the_concatenated_levels():
    conv = LevelwiseConv2d(8 + 16 + 24, 32, 1, bias=True).double()
    levels = [level.double().requires_grad_() for level in stages()[1:]]
    size = levels[0].shape[2:]
    upsampled = [F.interpolate(level, size, mode='bilinear', align_corners=False) for level in levels]
    plain = F.conv2d(torch.cat(upsampled, dim=1), conv.weight, conv.bias)
    inputs = [*levels, *conv.parameters()]
    for ours, theirs in [
        (conv(levels), plain),
        *zip(*(torch.autograd.grad(y.square().sum(), inputs) for y in (conv(levels), plain)), strict=True),
    ]:
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize('groups', [1, 2])
def test_weight_inside_the_factorisation_is_a_convolution_of_its_result(groups):
    nmf = NMF2D(dict(MD_S=groups, MD_R=3)).eval()
    image = torch.rand(2, 8, 5, 6, requires_grad=True)
    weight = torch.randn(7, 8, requires_grad=True)
    ours, plain = nmf(image, weight), F.conv2d(nmf(image), weight[..., None, None])
    assert_same_numbers(ours, plain)
    assert_same_gradients(*(torch.autograd.grad(y.square().sum(), [image, weight]) for y in (ours, plain)))


def test_other_than_plain_convolutions_are_refused():
    with pytest.raises(ValueError, match='conv_cfg'):
        LightHamHead(**head(conv_cfg=dict(type='Conv2dAWS')))
    with pytest.raises(ValueError, match='1x1'):
        LevelwiseConv2d(4, 4, 3)


def test_nmf_follows_the_multiplicative_updates():
    """Lee and Seung's rules in NumPy float64, one image, one group."""
    nmf = NMF2D(dict(MD_R=3, eval_steps=2)).eval()
    image = torch.rand(1, 6, 4, 5)
    X = image.numpy().astype(np.float64).reshape(6, 20)
    bases = seeded_bases(1, 6, 3)[0].numpy().astype(np.float64)
    coef = np.exp(X.T @ bases)
    coef /= coef.sum(axis=1, keepdims=True)
    for _ in range(2):
        coef *= (X.T @ bases) / (coef @ bases.T @ bases + 1e-6)
        bases *= (X @ coef) / (bases @ coef.T @ coef + 1e-6)
    coef *= (X.T @ bases) / (coef @ bases.T @ bases + 1e-6)
    assert_same_numbers(nmf(image).reshape(6, 20).double(), torch.from_numpy(bases @ coef.T))


def test_inference_gives_the_same_bits_twice_and_for_every_batch_position():
    model = LightHamHead(**head()).eval()
    features = stages(batch=1)
    first = model(features)
    torch.manual_seed(99)
    assert torch.equal(first, model(features))
    assert_same_numbers(model([torch.cat([f, f]) for f in features])[1:], first)


def test_the_same_seeded_start_in_another_instance():
    image = torch.rand(1, 8, 6, 6)
    assert torch.equal(NMF2D().eval()(image), NMF2D(channels=8).eval()(image))


@pytest.mark.parametrize(
    ('rand_init', 'training', 'varies'),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_rand_init_chooses_where_the_bases_start(rand_init, training, varies):
    nmf = NMF2D(dict(MD_R=4, rand_init=rand_init)).train(training)
    image = torch.rand(1, 8, 6, 6)
    assert torch.equal(nmf(image), nmf(image)) is not varies


def test_training_and_evaluation_take_their_own_number_of_steps():
    image = torch.rand(1, 8, 6, 6)
    few, many = (NMF2D(dict(MD_R=2, rand_init=False, train_steps=1, eval_steps=s)) for s in (1, 50))
    assert torch.equal(few.train()(image), few.eval()(image))
    error = [(m.eval()(image) - image).square().mean() for m in (few, many)]
    assert error[1] < error[0]


def test_groups_are_factorised_apart():
    image = torch.rand(2, 8, 6, 6)
    two = NMF2D(dict(MD_S=2, MD_R=3)).eval()(image)
    changed = image.clone()
    changed[:, 4:] = torch.rand(2, 4, 6, 6)
    assert torch.equal(NMF2D(dict(MD_S=2, MD_R=3)).eval()(changed)[:, :4], two[:, :4])


def test_nmf_stays_float32_under_autocast():
    nmf, image = NMF2D(dict(MD_R=4)).eval(), torch.rand(1, 8, 6, 6)
    expected = nmf(image)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(nmf(image), expected)
        assert nmf(image.bfloat16()).dtype == torch.bfloat16


def test_options_in_the_spelling_of_the_published_code():
    nmf = NMF2D(dict(SPATIAL=True, MD_D=512, MD_R=16, TRAIN_STEPS=5, EVAL_STEPS=8, INV_T=100, RAND_INIT=True))
    assert (nmf.R, nmf.train_steps, nmf.eval_steps, nmf.rand_init) == (16, 5, 8, True)


@pytest.mark.parametrize('wrong', [dict(MD_RANK=4), dict(SPATIAL=False)])
def test_unknown_options_are_refused(wrong):
    with pytest.raises(ValueError, match='NMF2D'):
        NMF2D(wrong)
