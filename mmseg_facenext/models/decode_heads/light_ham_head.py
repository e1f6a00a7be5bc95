"""LightHamHead, the decode head of SegNeXt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmcv.cnn import ConvModule
from torch import Tensor

from ..layers import levelwise_conv2d  # noqa: F401, registers it
from ..layers.hamburger import Hamburger
from .face_decode_head import FaceDecodeHead


class LightHamHead(FaceDecodeHead):
    """Reduce the concatenated stages, add global context by Hamburger, classify each pixel.

    Reference: Guo et al., "SegNeXt", NeurIPS 2022, https://arxiv.org/abs/2209.08575.

    Args:
        ham_channels: channels inside the Hamburger.
        ham_kwargs: options of its `NMF2D` (`MD_R`, `rand_init`, ...).
        kwargs: those of mmseg's `BaseDecodeHead`; `in_channels` and `in_index` are sequences, the first
            of them being the stage whose resolution the head works at.
    """

    def __init__(self, ham_channels: int = 512, ham_kwargs: Mapping[str, Any] | None = None, **kwargs: Any):
        super().__init__(input_transform='multiple_select', **kwargs)
        self.ham_channels = ham_channels
        if self.conv_cfg not in (None, dict(type='Conv2d')):
            raise ValueError(f'LightHamHead is made of plain convolutions, got conv_cfg={self.conv_cfg}')
        norm_act = dict(norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)
        levelwise = dict(type='LevelwiseConv2d', align_corners=self.align_corners)
        self.squeeze = ConvModule(sum(self.in_channels), ham_channels, 1, conv_cfg=levelwise, **norm_act)
        self.hamburger = Hamburger(ham_channels, ham_kwargs, norm_cfg=self.norm_cfg)
        self.align = ConvModule(ham_channels, self.channels, 1, **norm_act)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Stages of the backbone -> logits (B, num_classes, H, W) at the size of the first one it reads."""
        x = self.squeeze(self._transform_inputs(inputs))
        return self.cls_seg(self.align(self.hamburger(x)))
