"""A backbone of your own: a module that turns photos into feature maps.

    model = dict(
        backbone=dict(_delete_=True, type='ConvPyramid', channels=[16, 32, 64, 96]),
        decode_head=dict(in_channels=[16, 32, 64, 96], in_index=[0, 1, 2, 3]),
    )

Run this file to see the shapes of the maps:

    python docs/examples/own_backbone.py
"""

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class ConvPyramid(BaseModule):
    """Four stages of two convolutions each.

    Args:
        channels: of the four feature maps, from stride 4 to stride 32.
        init_cfg: `dict(type='Pretrained', checkpoint=FILE)` loads weights; None keeps PyTorch's random ones.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 64, 96), init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        first, *others = channels
        widths = zip(channels, others, strict=False)
        self.stages = nn.ModuleList(
            [make_stage(3, first, stride=4), *(make_stage(*pair, stride=2) for pair in widths)]
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Photos (B, 3, H, W) -> maps (B, C_i, H / s, W / s) with strides s of 4, 8, 16 and 32."""
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return tuple(maps)


def make_stage(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """Two convolutions; the first one makes the map smaller."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 2 * stride - 1, stride, padding=stride - 1),
        nn.BatchNorm2d(out_channels),
        nn.GELU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.GELU(),
    )


if __name__ == '__main__':
    backbone = MODELS.build(dict(type='ConvPyramid'))
    for feature_map in backbone(torch.rand(2, 3, 128, 96)):
        print(tuple(feature_map.shape))
