"""A 1x1 convolution over feature maps of several resolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from mmengine.registry import MODELS
from mmseg.models.utils import resize
from torch import Tensor, nn

from ...errors import UserError


@MODELS.register_module()
class LevelwiseConv2d(nn.Conv2d):
    """`conv(concatenate(upsampled levels))`, without the concatenation.

    A 1x1 convolution and bilinear resizing commute, and a convolution of concatenated channels is the sum
    of the convolutions of the parts. Each level is therefore convolved at its own, lower resolution.

    Args:
        in_channels: of all levels together.
        align_corners: of the resizing.
        kwargs: those of `nn.Conv2d`.
    """

    def __init__(self, *args: Any, align_corners: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.kernel_size != (1, 1) or self.stride != (1, 1) or self.padding != (0, 0) or self.groups != 1:
            raise ValueError(f'only a plain 1x1 convolution commutes with resizing, got {self}')
        self.align_corners = align_corners

    def forward(self, levels: Sequence[Tensor]) -> Tensor:  # type: ignore[override]
        """(B, C_i, H_i, W_i) for each level i -> (B, out_channels, H_0, W_0).

        Raises:
            UserError: the levels have other channels than the head was built for.
        """
        channels = [level.shape[1] for level in levels]
        if sum(channels) != self.in_channels:
            raise UserError(
                f'the decode head was built for {self.in_channels} channels in total, the backbone returns '
                f'{channels}: set model.decode_head.in_channels to these'
            )
        weights = self.weight.split(channels, dim=1)
        total = F.conv2d(levels[0], weights[0], self.bias)
        for level, weight in zip(levels[1:], weights[1:], strict=True):
            total += resize(
                F.conv2d(level, weight),
                size=total.shape[2:],
                mode='bilinear',
                align_corners=self.align_corners,
            )
        return total
