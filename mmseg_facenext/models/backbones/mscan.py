"""MSCAN, the convolutional-attention backbone of SegNeXt.

Shapes:
    B batch, C channels of the stage, H and W its height and width (1/4, 1/8, 1/16, 1/32 of the image).
    Everything stays (B, C, H, W); no tensor is flattened between blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from mmcv.cnn import build_activation_layer, build_norm_layer
from mmcv.cnn.bricks import DropPath
from mmengine.model.weight_init import constant_init, normal_init
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..kernels.dispatch import depthwise_gelu_kernel, msca_kernel
from ..layers.pretrained import PretrainedModule

KernelSizes = Sequence[int | Sequence[int]]
BATCH_NORM = dict(type='FaceSyncBN', requires_grad=True)
GELU = dict(type='GELU')


class StemConv(nn.Module):
    """Two stride-2 convolutions: (B, 3, 4H, 4W) -> (B, C, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, act_cfg: dict, norm_cfg: dict):
        super().__init__()
        half = out_channels // 2
        self.proj = nn.Sequential(
            nn.Conv2d(in_channels, half, 3, stride=2, padding=1),
            build_norm_layer(norm_cfg, half)[1],
            build_activation_layer(act_cfg),
            nn.Conv2d(half, out_channels, 3, stride=2, padding=1),
            build_norm_layer(norm_cfg, out_channels)[1],
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x)


class OverlapPatchEmbed(nn.Module):
    """A stride-2 convolution between two stages: (B, C_in, 2H, 2W) -> (B, C, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, norm_cfg: dict):
        super().__init__()
        self.proj = nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1)
        self.norm = build_norm_layer(norm_cfg, out_channels)[1]

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.proj(x))


class MSCAAttention(nn.Module):
    """Multi-scale convolutional attention: x * conv3(d + sum of strip branches of d), d = conv0(x).

    Args:
        channels: C.
        kernel_sizes: the square kernel of `conv0`, then one (1, k) strip per branch; a branch applies
            1 x k, then k x 1. All of them are depthwise.
        paddings: as `kernel_sizes`.
    """

    def __init__(self, channels: int, kernel_sizes: KernelSizes, paddings: KernelSizes):
        super().__init__()
        self.conv0 = depthwise(channels, kernel_sizes[0], paddings[0])
        self.branches = [f'conv{i}' for i in range(len(kernel_sizes) - 1)]
        for name, kernel, padding in zip(self.branches, kernel_sizes[1:], paddings[1:], strict=True):
            self.add_module(f'{name}_1', depthwise(channels, kernel, padding))
            self.add_module(f'{name}_2', depthwise(channels, kernel[::-1], padding[::-1]))  # type: ignore[index]
        self.conv3 = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3(self._scales(x)) * x

    @msca_kernel
    def _scales(self, x: Tensor) -> Tensor:
        """Return d + sum of strip branches of d, d = conv0(x)."""
        local = self.conv0(x)
        scales = local
        for name in self.branches:
            strip = getattr(self, f'{name}_1')(local)
            scales = scales + getattr(self, f'{name}_2')(strip)
        return scales


class MSCASpatialAttention(nn.Module):
    """proj_1, GELU, MSCA and proj_2 with a shortcut around all of them."""

    def __init__(self, channels: int, kernel_sizes: KernelSizes, paddings: KernelSizes, act_cfg: dict):
        super().__init__()
        self.proj_1 = nn.Conv2d(channels, channels, 1)
        self.activation = build_activation_layer(act_cfg)
        self.spatial_gating_unit = MSCAAttention(channels, kernel_sizes, paddings)
        self.proj_2 = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        attended = self.spatial_gating_unit(self.activation(self.proj_1(x)))
        return self.proj_2(attended) + x


class Mlp(nn.Module):
    """1x1, depthwise 3x3, GELU, 1x1: the feed-forward half of a block."""

    def __init__(self, channels: int, hidden_channels: int, act_cfg: dict, drop: float):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, hidden_channels, 1)
        self.dwconv = depthwise(hidden_channels, 3, 1)
        self.act = build_activation_layer(act_cfg)
        self.fc2 = nn.Conv2d(hidden_channels, channels, 1)
        self.drop = nn.Dropout(drop)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Take the depthwise layer also under the name that it has in SegNeXt, `dwconv.dwconv.*`."""
        for name in ('weight', 'bias'):
            if (published := f'{prefix}dwconv.dwconv.{name}') in state_dict:
                state_dict[f'{prefix}dwconv.{name}'] = state_dict.pop(published)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, x: Tensor) -> Tensor:
        x = self.drop(self._activated(self.fc1(x)))
        return self.drop(self.fc2(x))

    @depthwise_gelu_kernel
    def _activated(self, x: Tensor) -> Tensor:
        return self.act(self.dwconv(x))


class MSCABlock(nn.Module):
    """x + s1 * attention(norm1(x)), then x + s2 * mlp(norm2(x)); s1, s2 are per-channel layer scales."""

    def __init__(
        self,
        channels: int,
        kernel_sizes: KernelSizes,
        paddings: KernelSizes,
        mlp_ratio: float,
        drop: float,
        drop_path: float,
        act_cfg: dict,
        norm_cfg: dict,
        layer_scale_init: float = 1e-2,
    ):
        super().__init__()
        self.norm1 = build_norm_layer(norm_cfg, channels)[1]
        self.attn = MSCASpatialAttention(channels, kernel_sizes, paddings, act_cfg)
        self.drop_path = DropPath(drop_path) if drop_path > 0 else nn.Identity()
        self.norm2 = build_norm_layer(norm_cfg, channels)[1]
        self.mlp = Mlp(channels, int(channels * mlp_ratio), act_cfg, drop)
        self.layer_scale_1 = nn.Parameter(torch.full((channels,), layer_scale_init))
        self.layer_scale_2 = nn.Parameter(torch.full((channels,), layer_scale_init))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self._scale(self.layer_scale_1, x) * self.attn(self.norm1(x))
        return x + self._scale(self.layer_scale_2, x) * self.mlp(self.norm2(x))

    def _scale(self, layer_scale: Tensor, x: Tensor) -> Tensor:
        """Return the scale (B, C, 1, 1): stochastic depth scales a branch per image, the layer scale per channel."""
        B = x.shape[0]  # len(x) would be a constant of traced models
        return self.drop_path(layer_scale[:, None, None].expand(B, -1, 1, 1))


class MSCAN(PretrainedModule):
    """Multi-Scale Convolutional Attention Network, the backbone of SegNeXt.

    Reference: Guo et al., "SegNeXt: Rethinking Convolutional Attention Design for Semantic
    Segmentation", NeurIPS 2022, https://arxiv.org/abs/2209.08575. Parameter names are those of
    mmsegmentation 1.x; `load_state_dict` also takes those of the published checkpoints (see `Mlp`), whose
    `mscan_*.pth` therefore loads as it is.

    Args:
        in_channels: channels of the image.
        embed_dims: channels of each stage.
        mlp_ratios: hidden channels of each stage's MLP, as a multiple of `embed_dims`.
        drop_rate: dropout inside the MLPs.
        drop_path_rate: stochastic depth of the last block; it grows linearly from 0 at the first.
        depths: blocks in each stage.
        num_stages: how many stages are built.
        attention_kernel_sizes: square kernel, then the strip of each branch.
        attention_kernel_paddings: as `attention_kernel_sizes`.
        act_cfg: activation everywhere.
        norm_cfg: norm of stem, downsampling and blocks; the norm after each stage is a LayerNorm.
        out_indices: stages that are returned, 0-based; None returns all. Stages after the last of them
            are neither run nor trained, so that DDP never waits for their gradients.
        frozen_stages: stages 1..frozen_stages, stem and norms included, keep their weights and their
            batch statistics. 0 or -1 freezes nothing.
        with_cp: recompute each block in the backward pass instead of storing its activations.
        pretrained: a path or URL; the old way to write
            `init_cfg=dict(type='Pretrained', checkpoint=...)`.
        init_cfg: mmengine initialisation; None draws the published random initialisation.

    Raises:
        ValueError: lists of different lengths, an index outside the stages, or both `pretrained` and
            `init_cfg`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        embed_dims: Sequence[int] = (64, 128, 256, 512),
        mlp_ratios: Sequence[float] = (4, 4, 4, 4),
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
        depths: Sequence[int] = (3, 4, 6, 3),
        num_stages: int = 4,
        attention_kernel_sizes: KernelSizes = (5, (1, 7), (1, 11), (1, 21)),
        attention_kernel_paddings: KernelSizes = (2, (0, 3), (0, 5), (0, 10)),
        act_cfg: dict = GELU,
        norm_cfg: dict = BATCH_NORM,
        out_indices: Sequence[int] | None = None,
        frozen_stages: int = -1,
        with_cp: bool = False,
        pretrained: str | None = None,
        init_cfg: dict | list[dict] | None = None,
    ):
        if pretrained and init_cfg:
            raise ValueError('MSCAN takes init_cfg or pretrained, not both')
        if pretrained:
            init_cfg = dict(type='Pretrained', checkpoint=pretrained)
        super().__init__(init_cfg=init_cfg)
        for name, per_stage in dict(embed_dims=embed_dims, mlp_ratios=mlp_ratios, depths=depths).items():
            if len(per_stage) < num_stages:
                raise ValueError(f'MSCAN has {num_stages} stages, but {name}={per_stage}')
        out_indices = sorted(range(num_stages) if out_indices is None else out_indices)
        if not out_indices or not all(0 <= i < num_stages for i in out_indices):
            raise ValueError(f'out_indices={out_indices} of an MSCAN with {num_stages} stages')
        if frozen_stages > num_stages:
            raise ValueError(f'frozen_stages={frozen_stages} of an MSCAN with {num_stages} stages')

        self.depths = depths
        self.num_stages = num_stages
        self.out_indices = tuple(out_indices)
        self.frozen_stages = frozen_stages
        self.with_cp = with_cp

        last_block = max(1, sum(depths[:num_stages]) - 1)
        drop_paths = (drop_path_rate * j / last_block for j in range(last_block + 1))
        for i in range(num_stages):
            patch_embed = (
                StemConv(in_channels, embed_dims[0], act_cfg, norm_cfg)
                if i == 0
                else OverlapPatchEmbed(embed_dims[i - 1], embed_dims[i], norm_cfg)
            )
            blocks = nn.ModuleList(
                MSCABlock(
                    embed_dims[i],
                    attention_kernel_sizes,
                    attention_kernel_paddings,
                    mlp_ratio=mlp_ratios[i],
                    drop=drop_rate,
                    drop_path=next(drop_paths),
                    act_cfg=act_cfg,
                    norm_cfg=norm_cfg,
                )
                for _ in range(depths[i])
            )
            self.add_module(f'patch_embed{i + 1}', patch_embed)
            self.add_module(f'block{i + 1}', blocks)
            self.add_module(f'norm{i + 1}', nn.LayerNorm(embed_dims[i]))
        self._freeze()

    def init_weights(self) -> None:
        """Draw the published initialisation, or load the checkpoint that `init_cfg` names."""
        if self.init_cfg is None:
            for module in self.modules():
                if isinstance(module, nn.LayerNorm):
                    constant_init(module, val=1.0, bias=0.0)
                elif isinstance(module, nn.Conv2d):
                    kernel_area = math.prod(module.kernel_size)
                    fan_out = kernel_area * module.out_channels // module.groups
                    normal_init(module, mean=0, std=math.sqrt(2.0 / fan_out), bias=0)
        else:
            super().init_weights()

    def train(self, mode: bool = True) -> MSCAN:
        """Like `nn.Module.train`; frozen stages stay in evaluation mode."""
        super().train(mode)
        for stage in range(self.frozen_stages):
            for module in self._stage(stage):
                module.eval()
        return self

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, in_channels, H, W) -> the stages of `out_indices`, stage i as (B, C_i, H/2^(i+2), W/2^(i+2)).

        H and W need not be multiples of 32; each halving rounds up.
        """
        outs = []
        for i in range(self.out_indices[-1] + 1):
            patch_embed, blocks, norm = self._stage(i)
            x = patch_embed(x)
            for block in blocks:
                x = self._run_block(block, x)
            x = _layer_norm(norm, x)
            if i in self.out_indices:
                outs.append(x)
        return tuple(outs)

    def _run_block(self, block: MSCABlock, x: Tensor) -> Tensor:
        if not (self.with_cp and self.training and torch.is_grad_enabled()):
            return block(x)
        return checkpoint(
            block,
            x,
            use_reentrant=False,
            context_fn=lambda: (nullcontext(), _keep_batch_statistics(block)),
        )

    def _stage(self, i: int) -> tuple[nn.Module, nn.ModuleList, nn.LayerNorm]:
        return tuple(getattr(self, f'{part}{i + 1}') for part in ('patch_embed', 'block', 'norm'))

    def _freeze(self) -> None:
        never_run = range(self.out_indices[-1] + 1, self.num_stages)
        for stage in (*range(self.frozen_stages), *never_run):
            for module in self._stage(stage):
                module.requires_grad_(False)


def depthwise(channels: int, kernel_size: int | Sequence[int], padding: int | Sequence[int]) -> nn.Conv2d:
    """Return a depthwise convolution; kernel sizes and paddings are numbers or (height, width)."""
    kernel_size = kernel_size if isinstance(kernel_size, int) else tuple(kernel_size)
    padding = padding if isinstance(padding, int) else tuple(padding)
    return nn.Conv2d(channels, channels, kernel_size, padding=padding, groups=channels)


def _layer_norm(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """Normalise the C values of each pixel of (B, C, H, W); the layout in memory stays."""
    channels_last = x.is_contiguous(memory_format=torch.channels_last)
    x = F.layer_norm(x.permute(0, 2, 3, 1), norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    x = x.permute(0, 3, 1, 2)
    return x if channels_last else x.contiguous()


@contextmanager
def _keep_batch_statistics(block: nn.Module) -> Iterator[None]:
    """Restore BatchNorm statistics after recomputing a block, which sees the same batch a second time."""
    norms = [m for m in block.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    kept = [(norm.momentum, norm.num_batches_tracked.clone()) for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, (momentum, batches) in zip(norms, kept, strict=True):
            norm.momentum = momentum
            norm.num_batches_tracked.copy_(batches)
