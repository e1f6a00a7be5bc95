"""SegFaceHead, the decode head of SegFace: one learned token for each class.

Shapes:
    B batch, K classes, C channels (256), H and W the finest level's height and width (1/4 of the image), N = H*W.
    Level i is (B, C_i, H/2^i, W/2^i), rounded up or down as the backbone does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from torch import Tensor, nn

from ..layers.pixel_expand import PixelExpand
from ..layers.position_encoding import RandomFourierEncoding
from ..layers.two_way_transformer import TwoWayTransformer
from .face_decode_head import FaceDecodeHead

SEGFACE_LOSS = (
    dict(type='CrossEntropyLoss', loss_weight=0.5, avg_non_ignore=True),
    dict(type='ClassDiceLoss', loss_weight=0.5),
)


@MODELS.register_module()
class SegFaceHead(FaceDecodeHead):
    """Fuse four levels, let class tokens and pixels attend to each other, and compare each pixel with each token.

    Reference: Narayan et al., "SegFace: Face Segmentation of Long-Tail Classes", AAAI 2025,
    https://arxiv.org/abs/2412.08647. The logit of a class at a pixel is the product of the pixel's 32 channels
    at the image's resolution with what an MLP makes of the class's token. Parameter names are the published
    ones, except that the tokens are one matrix; `checkpoints.key_maps` translates. Equal to the published
    formulas up to rounding, but levels are squeezed before they are enlarged, not after (linear maps of
    channels and of pixels commute), and pixels stay a sequence until the last product.

    Args:
        in_channels: channels of the levels, from stride 4 to stride 32.
        num_classes: K.
        channels: C.
        depth: blocks of the transformer.
        num_heads: heads of its attentions.
        mlp_channels: hidden channels of its MLPs.
        in_index: which outputs of the backbone are the levels.
        loss_decode: losses; by default those of SegFace, half cross entropy and half Dice.
        ignore_index: label of pixels that no loss counts.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        num_classes: int,
        channels: int = 256,
        depth: int = 2,
        num_heads: int = 8,
        mlp_channels: int = 2048,
        in_index: Sequence[int] = (0, 1, 2, 3),
        loss_decode: dict | Sequence[dict] = SEGFACE_LOSS,
        ignore_index: int = 255,
    ):
        super().__init__(
            in_channels,
            channels,
            num_classes=num_classes,
            out_channels=num_classes,
            in_index=in_index,
            input_transform='multiple_select',
            dropout_ratio=0,
            loss_decode=loss_decode,
            ignore_index=ignore_index,
            init_cfg=None,
        )
        del self.conv_seg  # the tokens classify
        self.linear_c = nn.ModuleList(LevelProjection(width, channels) for width in in_channels)
        self.linear_fuse = nn.Conv2d(channels * len(in_channels), channels, 1, bias=False)
        self.pe_layer = RandomFourierEncoding(channels)
        self.class_tokens = nn.Parameter(torch.randn(num_classes, channels))
        self.transformer = TwoWayTransformer(depth, channels, num_heads, mlp_channels)
        self.output_upscaling = nn.Sequential(
            PixelExpand(channels, channels // 4),
            nn.LayerNorm(channels // 4, eps=1e-6),
            nn.GELU(),
            PixelExpand(channels // 4, channels // 8),
            nn.GELU(),
        )
        self.output_hypernetwork_mlps = TokenMlp(channels, channels // 8)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Levels of the backbone -> logits (B, K, 4H, 4W)."""
        levels = self._transform_inputs(inputs)
        size = levels[0].shape[2:]
        image = self.fuse(levels)
        tokens = self.class_tokens.expand(
            image.shape[0], -1, -1
        )  # len(image) would fix the batch of traced models
        tokens, image = self.transformer(tokens, image, self.pe_layer(tuple(size)))
        pixels = _placed(self.output_upscaling(image), size)
        tokens = self.output_hypernetwork_mlps(tokens)
        if self.training:
            # (B, K, C/8) @ (B, C/8, 16N): losses of channels-last logits take three times as long
            return (tokens @ pixels.mT).unflatten(2, (4 * size[0], 4 * size[1]))
        # (B, 16N, C/8) @ (B, C/8, K): resizing and choosing the class takes half as long with channels last
        return (pixels @ tokens.mT).unflatten(1, (4 * size[0], 4 * size[1])).permute(0, 3, 1, 2)

    def fuse(self, levels: Sequence[Tensor]) -> Tensor:
        """Return the four levels as one sequence of pixels (B, N, C).

        Published: enlarge each projected level to (H, W), concatenate, deepest first, and fuse by a 1x1 convolution.
        """
        weight = self.linear_fuse.weight.flatten(1)
        shares = weight.chunk(len(levels), dim=1)[::-1]  # (C, C) for each level
        fused, *coarser = (
            projection(level, share)
            for level, projection, share in zip(levels, self.linear_c, shares, strict=True)
        )
        for level in coarser:
            fused = fused + resize(
                level, size=fused.shape[2:], mode='bilinear', align_corners=self.align_corners
            )
        return fused.permute(0, 2, 3, 1).flatten(1, 2)


class LevelProjection(nn.Module):
    """The linear layer of one level, `proj`, together with its part of the fusing layer."""

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.proj = nn.Linear(in_channels, channels)

    def forward(self, level: Tensor, share: Tensor) -> Tensor:
        """(B, C_i, h, w) -> (B, C, h, w), channels last: the layer and then `share` (C, C), in one product."""
        weight, bias = share @ self.proj.weight, share @ self.proj.bias  # (C, C) @ (C, C_i), (C, C) @ (C,)
        # (B, h, w, C_i) @ (C_i, C)
        return F.linear(level.permute(0, 2, 3, 1), weight, bias).permute(0, 3, 1, 2)


class TokenMlp(nn.Module):
    """Three linear layers with ReLUs between them: (B, K, C) -> (B, K, `out_channels`)."""

    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        widths = (channels, channels, channels, out_channels)
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))

    def forward(self, tokens: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            tokens = F.relu(layer(tokens))
        return self.layers[-1](tokens)


def _placed(pixels: Tensor, size: Sequence[int]) -> Tensor:
    """(B, 16N, C) from two `PixelExpand`s of a map of `size` (H, W) -> the same row by row of the image."""
    H, W = size
    # H, W, row and column of the first expansion, row and column of the second
    apart = pixels.unflatten(1, (H, W, 2, 2, 2, 2))
    return apart.permute(0, 1, 3, 5, 2, 4, 6, 7).flatten(1, 6)
