"""SegFace written plainly, formula by formula, with the module names of its published checkpoints.

The measure that `SegFaceHead` is held against, in speed (`benchmarks/segface.py`) and in every logit
(`tests/models/test_segface_head.py`): levels are enlarged, concatenated and then fused; attention weights
are stored; the position grid is computed in every forward pass; pixels move by transposed convolutions.

Shapes: B batch, K classes, N pixels of the map of stride 4, 256 channels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

PUBLISHED_TOKENS = (
    'background neck face cloth rightear leftear rightbro leftbro righteye lefteye nose innermouth lowerlip '
    'upperlip hair glass hat earring necklace'
)
"""Names of the tokens in the published CelebAMask-HQ checkpoints, in the order of their classes."""

HEADS = 8
CHANNELS = 256


class PlainHead(nn.Module):
    """All of SegFace behind the backbone.

    Args:
        widths: channels of the four maps.
        tokens: one name for each class.
    """

    def __init__(self, widths: Sequence[int], tokens: Sequence[str] = PUBLISHED_TOKENS.split()):
        super().__init__()
        self.pe_layer = PlainEncoding()
        self.face_decoder = PlainDecoder(tokens)
        self.linear_c = nn.ModuleList(PlainProjection(width) for width in widths)
        self.linear_fuse = nn.Conv2d(4 * CHANNELS, CHANNELS, 1, bias=False)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Maps of stride 4 to 32 -> logits (B, K, H, W)."""
        size = levels[0].shape[2:]
        enlarged = [
            F.interpolate(project(level), size=size, mode='bilinear', align_corners=False)
            for level, project in zip(levels, self.linear_c, strict=True)
        ]
        image = self.linear_fuse(torch.cat(enlarged[::-1], dim=1))
        return self.face_decoder(image, self.pe_layer(size))


class PlainSegFace(PlainHead):
    """SegFace around a classifier of torchvision with random weights.

    Args:
        name: of torchvision's model.
        taps: modules of its published backbone that give the four maps.
        widths: channels of these maps.
    """

    def __init__(self, name: str, taps: Sequence[str], widths: Sequence[int]):
        super().__init__(widths)
        network = torchvision.models.get_model(name, weights=None)
        bare = name.startswith(('mobilenet', 'efficientnet'))
        self.backbone = network.features if bare else nn.Sequential(*list(network.children())[:-1])
        self.channels_last = name.startswith('swin')
        self.taps = taps
        self.caught: dict[str, Tensor] = {}
        for tap in taps:
            module = self.backbone.get_submodule(tap)
            module.register_forward_hook(lambda _m, _in, x, tap=tap: self.caught.__setitem__(tap, x))

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) -> logits (B, K, H, W)."""
        self.backbone(images)
        maps = [self.caught.pop(tap) for tap in self.taps]
        return super().forward([x.permute(0, 3, 1, 2) if self.channels_last else x for x in maps])


class PlainProjection(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.proj = nn.Linear(width, CHANNELS)

    def forward(self, level: Tensor) -> Tensor:
        B, _, H, W = level.shape
        return self.proj(level.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(B, CHANNELS, H, W)


class PlainEncoding(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer('positional_encoding_gaussian_matrix', torch.randn(2, CHANNELS // 2))

    def forward(self, size: tuple[int, int]) -> Tensor:
        """(256, H, W)."""
        H, W = size
        matrix = self.positional_encoding_gaussian_matrix
        ones = torch.ones(H, W, device=matrix.device)
        x, y = (ones.cumsum(1) - 0.5) / W, (ones.cumsum(0) - 0.5) / H
        angles = 2 * math.pi * ((2 * torch.stack([x, y], dim=-1) - 1) @ matrix)
        return torch.cat([angles.sin(), angles.cos()], dim=-1).permute(2, 0, 1)


class PlainDecoder(nn.Module):
    def __init__(self, tokens: Sequence[str]):
        super().__init__()
        self.tokens = tokens
        self.transformer = PlainTransformer()
        for token in tokens:
            self.add_module(f'{token}_token', nn.Embedding(1, CHANNELS))
        self.output_upscaling = nn.Sequential(
            nn.ConvTranspose2d(CHANNELS, CHANNELS // 4, 2, stride=2),
            PlainNorm(CHANNELS // 4),
            nn.GELU(),
            nn.ConvTranspose2d(CHANNELS // 4, CHANNELS // 8, 2, stride=2),
            nn.GELU(),
        )
        self.output_hypernetwork_mlps = PlainMlp()

    def forward(self, image: Tensor, encoding: Tensor) -> Tensor:
        B, C, H, W = image.shape
        tokens = torch.cat([self.get_submodule(f'{token}_token').weight for token in self.tokens])
        tokens, pixels = self.transformer(tokens.expand(B, -1, -1), image, encoding.expand(B, -1, -1, -1))
        enlarged = self.output_upscaling(pixels.transpose(1, 2).reshape(B, C, H, W))
        logits = self.output_hypernetwork_mlps(tokens) @ enlarged.flatten(2)
        return logits.reshape(B, -1, 4 * H, 4 * W)


class PlainTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([PlainBlock(), PlainBlock()])
        self.final_attn_token_to_image = PlainAttention(CHANNELS // 2)
        self.norm_final_attn = nn.LayerNorm(CHANNELS)

    def forward(self, tokens: Tensor, image: Tensor, encoding: Tensor) -> tuple[Tensor, Tensor]:
        image, encoding = image.flatten(2).transpose(1, 2), encoding.flatten(2).transpose(1, 2)
        start = tokens
        for i, layer in enumerate(self.layers):
            tokens, image = layer(tokens, image, start, encoding, first=i == 0)
        attended = self.final_attn_token_to_image(tokens + start, image + encoding, image)
        return self.norm_final_attn(tokens + attended), image


class PlainBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn = PlainAttention(CHANNELS)
        self.cross_attn_token_to_image = PlainAttention(CHANNELS // 2)
        self.cross_attn_image_to_token = PlainAttention(CHANNELS // 2)
        for i in range(1, 5):
            self.add_module(f'norm{i}', nn.LayerNorm(CHANNELS))
        self.mlp = nn.Module()
        self.mlp.lin1, self.mlp.lin2 = nn.Linear(CHANNELS, 2048), nn.Linear(2048, CHANNELS)

    def forward(self, tokens: Tensor, image: Tensor, start: Tensor, encoding: Tensor, first: bool):
        if first:
            tokens = self.norm1(self.self_attn(tokens, tokens, tokens))
        else:
            tokens = self.norm1(tokens + self.self_attn(tokens + start, tokens + start, tokens))
        tokens = self.norm2(tokens + self.cross_attn_token_to_image(tokens + start, image + encoding, image))
        tokens = self.norm3(tokens + self.mlp.lin2(F.relu(self.mlp.lin1(tokens))))
        image = self.norm4(image + self.cross_attn_image_to_token(image + encoding, tokens + start, tokens))
        return tokens, image


class PlainAttention(nn.Module):
    def __init__(self, inner: int):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(CHANNELS, inner) for _ in range(3))
        self.out_proj = nn.Linear(inner, CHANNELS)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (
            x.reshape(len(x), x.shape[1], HEADS, -1).transpose(1, 2)
            for x in (self.q_proj(q), self.k_proj(k), self.v_proj(v))
        )
        weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]), dim=-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(2))


class PlainNorm(nn.Module):
    """LayerNorm over the channels of (B, C, H, W)."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        deviation = x - x.mean(1, keepdim=True)
        normal = deviation / torch.sqrt(deviation.pow(2).mean(1, keepdim=True) + 1e-6)
        return self.weight[:, None, None] * normal + self.bias[:, None, None]


class PlainMlp(nn.Module):
    def __init__(self):
        super().__init__()
        widths = (CHANNELS, CHANNELS, CHANNELS, CHANNELS // 8)
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.layers[2](F.relu(self.layers[1](F.relu(self.layers[0](tokens)))))
