"""The four published sizes against upstream mmseg's code with the same weights: logits, loss and gradients.

`test_mscan.py` and `test_light_ham_head.py` compare the parts in more ways at small sizes.
"""

import pytest
import torch
from closeness import assert_same_gradients, assert_same_logits, assert_same_numbers
from mmengine.structures import PixelData
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.models.decode_heads.ham_head import LightHamHead as UpstreamLightHamHead
from mmseg.structures import SegDataSample
from segnext_sizes import SIZES
from torch import nn

from mmseg_facenext.models import MSCAN, LightHamHead


class Network(nn.Module):
    def __init__(self, size, backbone, head):
        super().__init__()
        self.backbone = backbone(**size.backbone(drop_path_rate=0.0))
        # Both draw the start of NMF from the global generator.
        ham = dict(MD_R=size.rank, rand_init=True)
        self.decode_head = head(**size.head(dropout_ratio=0.0, ham_kwargs=ham))

    def losses(self, image, labels):
        torch.manual_seed(7)
        samples = [SegDataSample(gt_sem_seg=PixelData(data=label[None])) for label in labels]
        return self.decode_head.loss(self.backbone(image), samples, {})

    def forward(self, image):
        torch.manual_seed(7)
        return self.decode_head(self.backbone(image))


def use_every_weight(network):
    """Layer scales start at 0.01 and norms at 1 and 0: differences would hide behind them."""
    for name, parameter in network.named_parameters():
        if 'layer_scale' in name:
            nn.init.uniform_(parameter, 0.1, 0.3)
        elif 'norm' in name or '.bn.' in name:
            nn.init.uniform_(parameter, 0.5, 1.5) if name.endswith('weight') else nn.init.normal_(
                parameter, std=0.1
            )


@pytest.mark.parametrize(
    'name', [name if name != 'large' else pytest.param(name, marks=pytest.mark.slow) for name in SIZES]
)
def test_logits_loss_and_gradients_equal_upstream(name):
    torch.manual_seed(0)
    size = SIZES[name]
    ours, theirs = Network(size, MSCAN, LightHamHead), Network(size, UpstreamMSCAN, UpstreamLightHamHead)
    assert sum(parameter.numel() for parameter in ours.parameters()) == size.parameters
    use_every_weight(theirs)
    ours.load_state_dict(theirs.state_dict())
    image, labels = torch.randn(2, 3, 64, 64), torch.randint(19, (2, 64, 64))
    losses = []
    for network in (ours, theirs):
        losses.append(network.train().losses(image, labels))
        losses[-1]['loss_ce'].backward()
    for key, value in losses[1].items():
        assert_same_numbers(losses[0][key], value, name=key)
    gradients = dict(theirs.named_parameters())
    assert_same_gradients(
        (parameter.grad for parameter in ours.parameters()),
        (gradients[key].grad for key, _ in ours.named_parameters()),
    )
    # The running statistics of the step above, and 7 updates of NMF instead of 6.
    with torch.no_grad():
        logits, expected = (network.eval()(image) for network in (ours, theirs))
    assert expected.std() > 0.05
    assert_same_logits(logits, expected)
