"""A block of MSCAN for inference, with BatchNorms and layer scales inside its convolutions.

Shapes: as in `mscan.py`, x (B, C, H, W). With a_i * x + b_i for the norms and s_i for the layer scales, the
published block is

    y = x + s_1 * (proj_2(g) + a_1 * x + b_1),  g = msca(act(proj_1(a_1 * x + b_1)))
    z = y + s_2 * mlp(a_2 * y + b_2)

Everything but the shortcut `(1 + s_1 * a_1) * x` goes into the four 1x1 convolutions.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..backbones.mscan import Mlp, MSCABlock, OverlapPatchEmbed
from ..kernels.dispatch import depthwise_gelu_kernel
from .fusion import affine_of, exact, fold_after, fold_before, is_foldable, replaces

# A hidden tensor beyond this leaves the caches of a CPU, and malloc returns it to the system after each use.
LARGE_BYTES = 4 * 2**20


class FusedMSCABlock(nn.Module):
    """The same map as `block` in evaluation mode; see the head of this file.

    Args:
        block: its norms are BatchNorms with running statistics.
    """

    def __init__(self, block: MSCABlock):
        super().__init__()
        attention, mlp = block.attn, block.mlp
        scale_1, scale_2 = exact(block.layer_scale_1), exact(block.layer_scale_2)
        (a_1, b_1), (a_2, b_2) = affine_of(block.norm1), affine_of(block.norm2)
        self.proj_1 = fold_before(attention.proj_1, a_1, b_1)
        self.activation = attention.activation
        self.gate = attention.spatial_gating_unit
        self.proj_2 = fold_after(attention.proj_2, scale_1, scale_1 * b_1)
        shortcut = (1 + scale_1 * a_1).to(block.layer_scale_1)
        self.shortcut = nn.Parameter(shortcut[:, None, None], requires_grad=False)
        self.mlp = FusedMlp(mlp, fold_before(mlp.fc1, a_2, b_2), fold_after(mlp.fc2, scale_2))

    def forward(self, x: Tensor) -> Tensor:
        attended = self.gate(self.activation(self.proj_1(x)))
        x = self.proj_2(attended).addcmul_(x, self.shortcut)
        return self.mlp(x).add_(x)  # not the other way round: autograd may need x as it was


class FusedMlp(nn.Module):
    """`Mlp` without dropout, which on a CPU works through a large hidden tensor by C channels at a time.

    Hidden channels meet only in `fc2`, which adds them up; its parts can be added as well.
    """

    def __init__(self, mlp: Mlp, fc1: nn.Conv2d, fc2: nn.Conv2d):
        super().__init__()
        self.fc1, self.dwconv, self.act, self.fc2 = fc1, mlp.dwconv, mlp.act, fc2

    def forward(self, x: Tensor) -> Tensor:
        if not self._in_parts(x):
            return self.fc2(self._activated(self.fc1(x)))
        C = x.shape[1]
        per_hidden = (self.fc1.weight, self.fc1.bias, self.dwconv.weight, self.dwconv.bias)
        parts = zip(*(tensor.split(C) for tensor in per_hidden), self.fc2.weight.split(C, dim=1), strict=True)
        total = self.fc2.bias[:, None, None]
        for in_weight, in_bias, weight, bias, out_weight in parts:
            hidden = F.conv2d(x, in_weight, in_bias)
            hidden = F.conv2d(hidden, weight, bias, padding=self.dwconv.padding, groups=len(weight))
            total = F.conv2d(self.act(hidden), out_weight).add_(total)
        return total

    @depthwise_gelu_kernel
    def _activated(self, x: Tensor) -> Tensor:
        return self.act(self.dwconv(x))

    def _in_parts(self, x: Tensor) -> bool:
        if x.device.type != 'cpu' or torch.compiler.is_compiling() or torch.jit.is_tracing():
            return False
        return x[:, :1].numel() * self.fc1.out_channels * x.element_size() > LARGE_BYTES


@replaces(MSCABlock)
def _of_block(block: MSCABlock) -> nn.Module:
    return FusedMSCABlock(block) if is_foldable(block.norm1) and is_foldable(block.norm2) else block


@replaces(OverlapPatchEmbed)
def _of_patch_embed(embed: OverlapPatchEmbed) -> nn.Module:
    return fold_after(embed.proj, *affine_of(embed.norm)) if is_foldable(embed.norm) else embed
