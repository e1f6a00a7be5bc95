"""Multi-scale features of torchvision's classifiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torchvision
from mmseg.registry import MODELS
from torch import Tensor

from ...errors import UserError
from ..layers.pretrained import PretrainedModule

TORCHVISION = 'torchvision://'
SMALLEST_INPUT = 32  # pixels; below, the deepest map of some networks would be empty


@dataclass(frozen=True)
class Taps:
    """Which modules of a network give its maps of stride 4, 8, 16 and 32, and their channels.

    `modules` are children of `features`, or of the network where it has no such child (ResNet).
    """

    modules: tuple[str, str, str, str]
    channels: tuple[int, int, int, int]
    channels_last: bool = False


def _stages(width: int, channels_last: bool) -> Taps:
    """Return the taps of Swin and ConvNeXt, where stages alternate with downsampling layers."""
    return Taps(('1', '3', '5', '7'), (width, 2 * width, 4 * width, 8 * width), channels_last)


TAPS: Mapping[str, Taps] = {
    'swin_b': _stages(128, channels_last=True),
    'swin_v2_b': _stages(128, channels_last=True),
    'swin_v2_s': _stages(96, channels_last=True),
    'swin_v2_t': _stages(96, channels_last=True),
    'convnext_base': _stages(128, channels_last=False),
    'convnext_small': _stages(96, channels_last=False),
    'convnext_tiny': _stages(96, channels_last=False),
    'mobilenet_v3_large': Taps(('3', '6', '12', '16'), (24, 40, 112, 960)),
    'efficientnet_v2_m': Taps(('2', '3', '5', '8'), (48, 80, 176, 1280)),
    'resnet101': Taps(('layer1', 'layer2', 'layer3', 'layer4'), (256, 512, 1024, 2048)),
}


@MODELS.register_module()
class TorchvisionFeatures(PretrainedModule):
    """A classifier of torchvision up to its last map, which returns its maps of stride 4, 8, 16 and 32.

    Taps as in SegFace (Kartik-3004/SegFace). Parameter names are torchvision's own, so that its checkpoints
    load as they are; what follows the last tap (norm, pooling, classifier) is not built.

    Args:
        name: of torchvision's model, one of `TAPS`.
        init_cfg: `dict(type='Pretrained', checkpoint=...)` takes weights from a file (torchvision's, or of this
            module; with `prefix='backbone.'` out of a segmentor's), from an http address, or from torchvision
            by the name it has for them: 'torchvision://IMAGENET1K_V1'. None draws torchvision's random
            weights.

    Attributes:
        channels: of the four maps.

    Raises:
        UserError: there are no taps for that name, or torchvision has no such weights.
    """

    def __init__(self, name: str, init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        if name not in TAPS:
            raise UserError(
                f'TorchvisionFeatures has no taps for {name!r}; it has them for {", ".join(TAPS)}. '
                "Other networks: type='TimmFeatures' with a name of timm"
            )
        self.name = name
        self.taps = TAPS[name]
        self.channels = self.taps.channels
        network = torchvision.models.get_model(name, weights=None)
        if hasattr(network, 'features'):
            self.features = network.features[: int(self.taps.modules[-1]) + 1]
        else:
            for child, module in network.named_children():
                self.add_module(child, module)
                if child == self.taps.modules[-1]:
                    break

    def init_weights(self) -> None:
        """Load the weights that `init_cfg` names; without it torchvision's random ones stay."""
        if self.init_cfg is None:
            return
        if self.init_cfg['checkpoint'].startswith(TORCHVISION):
            name = self.init_cfg['checkpoint'].removeprefix(TORCHVISION)
            self.init_cfg = dict(self.init_cfg, checkpoint=self._address(name))
        super().init_weights()

    def _address(self, weights_name: str) -> str:
        weights = torchvision.models.get_model_weights(self.name).__members__
        if weights_name not in weights:
            raise UserError(f'torchvision has no weights {weights_name} of {self.name}: {", ".join(weights)}')
        return weights[weights_name].url

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> maps (B, C_i, H_i, W_i) of stride 4, 8, 16 and 32.

        H and W need not be multiples of 32; whether sizes round up or down depends on the network.

        Raises:
            UserError: H or W is below 32.
        """
        if min(x.shape[2:]) < SMALLEST_INPUT:
            raise UserError(
                f'{self.name} got an image of {x.shape[2]}x{x.shape[3]}; it needs at least {SMALLEST_INPUT} '
                'pixels on each side: raise the scale of the pipeline'
            )
        maps = []
        x = x.contiguous(memory_format=torch.channels_last)  # faster for all of them, in training as well
        for name, module in self._layers():
            x = module(x)
            if name in self.taps.modules:
                maps.append(x.permute(0, 3, 1, 2) if self.taps.channels_last else x)
        return tuple(maps)

    def _layers(self):
        return (self.features if hasattr(self, 'features') else self).named_children()
