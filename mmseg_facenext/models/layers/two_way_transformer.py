"""The two-way transformer: class tokens and pixels attend to each other in turn.

Shapes: B batch, K tokens (one for each class), N pixels of the map, C channels, A channels inside an attention.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head attention between sequences of C channels, computed in C / `downsample` channels."""

    def __init__(self, channels: int, num_heads: int, downsample: int = 1):
        super().__init__()
        inner = channels // downsample
        self.num_heads = num_heads
        self.q_proj = nn.Linear(channels, inner)
        self.k_proj = nn.Linear(channels, inner)
        self.v_proj = nn.Linear(channels, inner)
        self.out_proj = nn.Linear(inner, channels)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q (B, Q, C) attends to k, v (B, S, C) -> (B, Q, C)."""
        # (B, Q, A), (B, S, A), (B, S, A) -> heads -> (B, Q, A)
        attended = F.scaled_dot_product_attention(
            self._heads(self.q_proj(q)), self._heads(self.k_proj(k)), self._heads(self.v_proj(v))
        )
        return self.out_proj(attended.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        """(B, S, A) -> (B, heads, S, A / heads)."""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


class Mlp(nn.Module):
    """Two linear layers with a ReLU between them, for each token."""

    def __init__(self, channels: int, hidden_channels: int):
        super().__init__()
        self.lin1 = nn.Linear(channels, hidden_channels)
        self.lin2 = nn.Linear(hidden_channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.lin2(F.relu(self.lin1(x)))


class TwoWayBlock(nn.Module):
    """Self-attention of tokens, attention of tokens to pixels, an MLP for each token, attention of pixels to tokens.

    Args:
        first: the first block: its tokens are nothing but their own encoding yet, so that the self-attention
            neither adds it to them nor keeps them.
    """

    def __init__(self, channels: int, num_heads: int, mlp_channels: int, first: bool):
        super().__init__()
        self.first = first
        self.self_attn = Attention(channels, num_heads)
        self.norm1 = nn.LayerNorm(channels)
        self.cross_attn_token_to_image = Attention(channels, num_heads, downsample=2)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = Mlp(channels, mlp_channels)
        self.norm3 = nn.LayerNorm(channels)
        self.norm4 = nn.LayerNorm(channels)
        self.cross_attn_image_to_token = Attention(channels, num_heads, downsample=2)

    def forward(
        self, tokens: Tensor, image: Tensor, token_pe: Tensor, image_pe: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Tokens (B, K, C) and image (B, N, C), each with its encoding -> both, updated."""
        if self.first:
            tokens = self.self_attn(tokens, tokens, tokens)
        else:
            placed = tokens + token_pe
            tokens = tokens + self.self_attn(placed, placed, tokens)
        tokens = self.norm1(tokens)
        placed_image = image + image_pe
        tokens = self.norm2(tokens + self.cross_attn_token_to_image(tokens + token_pe, placed_image, image))
        tokens = self.norm3(tokens + self.mlp(tokens))
        read = self.cross_attn_image_to_token(placed_image, tokens + token_pe, tokens)
        return tokens, self.norm4(image + read)


class TwoWayTransformer(nn.Module):
    """`depth` two-way blocks, then attention of the tokens to the pixels.

    Reference: Kirillov et al., "Segment Anything", 2023 (its mask decoder), as in SegFace. Parameter names are
    those of segment-anything.
    """

    def __init__(self, depth: int, channels: int, num_heads: int, mlp_channels: int):
        super().__init__()
        self.layers = nn.ModuleList(
            TwoWayBlock(channels, num_heads, mlp_channels, first=i == 0) for i in range(depth)
        )
        self.final_attn_token_to_image = Attention(channels, num_heads, downsample=2)
        self.norm_final_attn = nn.LayerNorm(channels)

    def forward(self, tokens: Tensor, image: Tensor, image_pe: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (B, K, C), which are their own encoding, and image (B, N, C) -> both, updated."""
        token_pe = tokens
        for layer in self.layers:
            tokens, image = layer(tokens, image, token_pe, image_pe)
        read = self.final_attn_token_to_image(tokens + token_pe, image + image_pe, image)
        return self.norm_final_attn(tokens + read), image
