"""A model that was traced or exported with two photos takes three."""

import pytest
import torch
from closeness import assert_same_logits
from torch import nn

from mmseg_facenext.models import MSCAN, LightHamHead, SegFaceHead, TorchvisionFeatures, fuse

WIDTHS = TorchvisionFeatures('mobilenet_v3_large').channels
MODELS = {
    'SegNeXt': lambda: nn.Sequential(
        MSCAN(embed_dims=(8, 8, 16, 16), depths=(1, 1, 1, 1), norm_cfg=dict(type='BN')),
        LightHamHead(
            in_channels=[8, 16, 16], in_index=[1, 2, 3], channels=16, ham_channels=16, num_classes=3
        ),
    ),
    'SegFace': lambda: nn.Sequential(
        TorchvisionFeatures('mobilenet_v3_large'),
        SegFaceHead(in_channels=WIDTHS, channels=32, mlp_channels=32, num_classes=3),
    ),
}


def traced(model: nn.Module, x: torch.Tensor) -> nn.Module:
    return torch.jit.trace(model, x, check_trace=False)


def exported(model: nn.Module, x: torch.Tensor) -> nn.Module:
    return torch.export.export(model, (x,), dynamic_shapes=({0: torch.export.Dim('batch')},)).module()


@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')  # of branches on Python values
@pytest.mark.parametrize('leave', [traced, exported])
@pytest.mark.parametrize('model', MODELS)
@torch.no_grad()
def test_another_batch_size(model, leave):
    torch.manual_seed(0)
    network = fuse(MODELS[model]())
    left = leave(network, torch.randn(2, 3, 64, 96))
    x = torch.randn(3, 3, 64, 96)
    assert_same_logits(left(x), network(x))
