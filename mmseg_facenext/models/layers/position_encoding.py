"""Encode pixel positions as sines and cosines of random frequencies.

Shapes: H, W the height and width of the map, N = H*W its pixels, C channels.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

_KEPT_SIZES = 8


class RandomFourierEncoding(nn.Module):
    """cat(sin, cos)(2 pi (2 p - 1) F) for the pixel centres p in [0, 1]^2 and fixed random frequencies F.

    Reference: Tancik et al., "Fourier Features Let Networks Learn High Frequency Functions", 2020, as in
    segment-anything. F is drawn once and belongs to the checkpoint. The grid of a size is computed when it is
    first met and kept for the next images.

    Args:
        channels: C, even.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.positional_encoding_gaussian_matrix: Tensor
        self.register_buffer('positional_encoding_gaussian_matrix', torch.randn(2, channels // 2))
        self._grids: dict[tuple[int, int], Tensor] = {}

    def forward(self, size: tuple[int, int]) -> Tensor:
        """Return the encoding of a map of `size` (H, W): (1, N, C), rows one after the other."""
        if torch.compiler.is_compiling() or torch.jit.is_tracing():
            return self._encode(
                size
            )  # a kept grid would break a compiled graph and fix the size of a traced one
        grid = self._grids.get(size)
        if grid is None:
            with torch.inference_mode(False):  # what inference computed serves training too
                grid = self._encode(size)
            # Always a new dict: other threads may be reading the old one.
            self._grids = dict([*self._grids.items(), (size, grid)][-_KEPT_SIZES:])
        return grid

    @torch.no_grad()
    def _encode(self, size: tuple[int, int]) -> Tensor:
        matrix = self.positional_encoding_gaussian_matrix
        y, x = ((torch.arange(n, device=matrix.device) + 0.5) * (2 / n) - 1 for n in size)
        # Each axis by itself, then all pixels: (1, W, C/2) + (H, 1, C/2) -> (H, W, C/2)
        across, down = matrix.float()[:, None]
        angles = 2 * math.pi * (x[:, None] * across + (y[:, None] * down)[:, None])
        return torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(0, 1)[None].to(matrix.dtype)

    def _apply(self, *args: Any, **kwargs: Any) -> RandomFourierEncoding:
        self._grids = {}  # another device or dtype
        return super()._apply(*args, **kwargs)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._grids = {}  # other frequencies
        super()._load_from_state_dict(*args, **kwargs)
