"""Depthwise convolutions of MSCAN: every channel has its own kernel."""

from __future__ import annotations

from torch import Tensor, nn

from ..kernels import depthwise_gelu
from ..pruning import with_current_weights


def depthwise(channels: int, kernel_size, padding) -> nn.Conv2d:
    """Sizes and paddings are numbers or (height, width)."""
    kernel_size = kernel_size if isinstance(kernel_size, int) else tuple(kernel_size)
    padding = padding if isinstance(padding, int) else tuple(padding)
    return nn.Conv2d(channels, channels, kernel_size, padding=padding, groups=channels)


def activated(conv: nn.Conv2d, activation: nn.Module, x: Tensor) -> Tensor:
    """activation(conv(x)), by a kernel where it pays; conv is depthwise, 3x3, padded by 1; x (B, C, H, W)."""
    exact_gelu = isinstance(activation, nn.GELU) and activation.approximate == 'none'
    if exact_gelu and depthwise_gelu.pays(x):
        conv = with_current_weights(conv)
        return depthwise_gelu(x, conv.weight.flatten(1), conv.bias)
    return activation(conv(x))
