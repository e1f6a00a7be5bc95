"""MSCAN against upstream mmseg's and its own promises."""

import pytest
import torch
from closeness import assert_same_gradients, assert_same_numbers, assert_same_weights
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.registry import MODELS
from segnext_sizes import SIZES

from mmseg_facenext.errors import UserError
from mmseg_facenext.models import MSCAN

SMALL = dict(
    embed_dims=[8, 16, 24, 32], depths=[1, 2, 1, 1], mlp_ratios=[2, 2, 2, 2], norm_cfg=dict(type='BN')
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def randomise(model: torch.nn.Module) -> None:
    """Weights that no part of the network can hide behind (layer scales start at 0.01)."""
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)


def test_the_name_means_ours_in_the_mmseg_registry():
    assert MODELS.get('MSCAN') is MSCAN


@pytest.mark.parametrize('size', SIZES)
def test_state_dict_of_every_size_is_that_of_upstream(size):
    ours, theirs = (cls(**SIZES[size].backbone()).state_dict() for cls in (MSCAN, UpstreamMSCAN))
    assert list(ours) == list(theirs)
    assert all(ours[key].shape == theirs[key].shape for key in ours)


@pytest.mark.parametrize('training', [True, False])
def test_features_and_gradients_equal_upstream(training):
    ours, theirs = MSCAN(**SMALL), UpstreamMSCAN(**SMALL)
    randomise(ours)
    theirs.load_state_dict(ours.state_dict())
    image = torch.randn(2, 3, 65, 50)  # odd sizes: each halving rounds up
    outs = []
    for model in (ours, theirs):
        model.train(training)
        features = model(image)
        sum(feature.square().mean() for feature in features[1:]).backward()
        outs.append(features)
    for a, b in zip(*outs, strict=True):
        assert_same_numbers(a, b)
    gradients = dict(theirs.named_parameters())
    assert_same_gradients(
        (parameter.grad for parameter in ours.parameters()),
        (gradients[name].grad for name, _ in ours.named_parameters()),
    )


def test_every_parameter_has_a_gradient_when_the_head_reads_stages_2_to_4():
    """The output norm of stage 1 feeds stage 2, so that DDP waits for nothing."""
    model = MSCAN(**SMALL)
    sum(feature.sum() for feature in model(torch.randn(1, 3, 64, 64))[1:]).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_strides_and_channels():
    shapes = [tuple(feature.shape) for feature in MSCAN(**SMALL)(torch.randn(1, 3, 64, 96))]
    assert shapes == [(1, 8, 16, 24), (1, 16, 8, 12), (1, 24, 4, 6), (1, 32, 2, 3)]


def test_in_channels_takes_other_than_rgb():
    assert MSCAN(in_channels=1, **SMALL)(torch.randn(2, 1, 64, 64))[0].shape[1] == 8


def test_out_indices_choose_stages_and_the_rest_is_not_trained():
    full, part = MSCAN(**SMALL), MSCAN(out_indices=(0, 2), **SMALL)
    part.load_state_dict(full.state_dict())
    image = torch.randn(1, 3, 64, 64)
    expected = full.eval()(image)
    chosen = part.eval()(image)
    assert len(chosen) == 2
    assert torch.equal(chosen[0], expected[0])
    assert torch.equal(chosen[1], expected[2])
    sum(feature.sum() for feature in part(image)).backward()
    without = [name for name, p in part.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []
    assert not part.norm4.weight.requires_grad


def test_frozen_stages_keep_weights_and_statistics():
    model = MSCAN(frozen_stages=2, **SMALL).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1.0)
    sum(feature.square().mean() for feature in model(torch.randn(2, 3, 64, 64))).backward()
    optimizer.step()
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert not any(
        key.startswith(('patch_embed1', 'block1', 'norm1', 'patch_embed2', 'block2')) for key in changed
    )
    assert any(key.startswith('block3') for key in changed)
    assert any('running_mean' in key for key in changed)


def test_checkpointing_changes_neither_gradients_nor_batch_statistics():
    plain, thrifty = MSCAN(**SMALL), MSCAN(with_cp=True, **SMALL)
    thrifty.load_state_dict(plain.state_dict())
    image = torch.randn(2, 3, 64, 64)
    for model in (plain, thrifty):
        sum(feature.square().mean() for feature in model.train()(image)).backward()
    for a, b in zip(plain.parameters(), thrifty.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    for key, value in plain.state_dict().items():
        torch.testing.assert_close(value, thrifty.state_dict()[key], msg=key)


def test_a_traced_network_takes_other_batches():
    model = MSCAN(**SMALL).eval()
    traced = torch.jit.trace(model, torch.randn(2, 3, 32, 32), strict=False)
    image = torch.randn(3, 3, 32, 32)
    for ours, theirs in zip(traced(image), model(image), strict=True):
        assert_same_numbers(ours, theirs)


def test_sync_bn_trains_on_the_cpu_as_bn_does():
    synced = MSCAN(**{**SMALL, 'norm_cfg': dict(type='FaceSyncBN')}).train()
    plain = MSCAN(**SMALL).train()
    plain.load_state_dict(synced.state_dict())
    image = torch.randn(2, 3, 32, 32)
    assert_same_numbers(synced(image)[3], plain(image)[3])
    assert_same_weights(synced.state_dict(), plain.state_dict())


def test_imagenet_weights_load_as_they_are(tmp_path):
    trained = MSCAN(**SMALL)
    randomise(trained)
    weights = {**trained.state_dict(), 'head.weight': torch.zeros(1000, 32), 'head.bias': torch.zeros(1000)}
    torch.save({'state_dict': weights}, tmp_path / 'mscan_t.pth')
    model = MSCAN(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'mscan_t.pth')), **SMALL)
    model.init_weights()
    torch.testing.assert_close(model.state_dict(), trained.state_dict())


def test_missing_imagenet_weights_are_named(tmp_path):
    model = MSCAN(pretrained=str(tmp_path / 'mscan_t.pth'), **SMALL)
    with pytest.raises(UserError, match=r'mscan_t\.pth'):
        model.init_weights()


@pytest.mark.parametrize(
    ('wrong', 'message'),
    [
        (dict(depths=[1, 1]), r'4 stages, but depths'),
        (dict(out_indices=[4]), r'out_indices=\[4\]'),
        (dict(out_indices=[]), r'out_indices'),
        (dict(frozen_stages=5), r'frozen_stages=5'),
        (dict(pretrained='a.pth', init_cfg=dict(type='Pretrained', checkpoint='a.pth')), r'not both'),
    ],
)
def test_wrong_arguments(wrong, message):
    with pytest.raises(ValueError, match=message):
        MSCAN(**{**SMALL, **wrong})
