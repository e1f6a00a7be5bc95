"""Training goes on after torch.nn.utils.prune: weights are masked anew in each pass, however a module reads them."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from mmseg_facenext.models import MSCAN, LightHamHead, SegFaceHead
from mmseg_facenext.models.kernels import FusedOperator
from mmseg_facenext.models.pruning import without_pruning

SIZES = dict(in_channels=[8, 8, 16, 16], in_index=[0, 1, 2, 3], num_classes=3)
HEADS = {
    'SegNeXt': lambda: LightHamHead(**SIZES, channels=16, ham_channels=16, ham_kwargs=dict(MD_R=4)),
    'SegFace': lambda: SegFaceHead(**SIZES, channels=16),
}


def pruned_network(head: str) -> nn.Module:
    torch.manual_seed(0)
    network = nn.Sequential(
        MSCAN(embed_dims=(8, 8, 16, 16), depths=(1, 1, 1, 1), norm_cfg=dict(type='BN')), HEADS[head]()
    )
    for module in network.modules():
        if type(module) in (nn.Conv2d, nn.Linear) and module.weight.requires_grad:
            prune.l1_unstructured(module, 'weight', 0.5)
    return network


@pytest.mark.parametrize('kernels', [False, True])
@pytest.mark.parametrize('head', HEADS)
def test_a_pruned_network_learns(monkeypatch, head, kernels):
    monkeypatch.setattr(FusedOperator, 'pays', lambda *_: kernels)
    network, x = pruned_network(head), torch.randn(2, 3, 64, 64)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        network(x).square().mean().backward()
        optimizer.step()
    # every weight is now parameter * mask, also for whoever has not been called since the last step
    masked = {
        name.removesuffix('_mask'): mask * network.get_parameter(name.removesuffix('_mask') + '_orig')
        for name, mask in network.named_buffers()
        if name.endswith('_mask')
    }
    network.eval()
    with torch.no_grad():
        logits = network(x)
        plain = without_pruning(copy.deepcopy(network))
        assert plain.state_dict().keys() >= masked.keys()
        plain.load_state_dict(masked, strict=False)
        torch.testing.assert_close(logits, plain(x))
