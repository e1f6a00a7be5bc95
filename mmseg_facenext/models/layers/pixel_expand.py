"""Upsampling by transposed convolution, for pixels that come as a sequence.

Shapes: B batch, N pixels in any order, C channels, s the stride.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class PixelExpand(nn.Module):
    """A transposed convolution whose kernel is as large as its stride, as one matrix product.

    Such kernels do not overlap: every pixel becomes s*s pixels by itself. These stay beside each other, so
    that norms, activations and further products go along the channels, and pixels are put into their places
    once, at the end. Parameters are those of `nn.ConvTranspose2d`.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 2):
        super().__init__()
        convolution = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=stride, stride=stride)
        self.weight, self.bias = convolution.weight, convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, C_in) -> (B, N*s*s, C_out); the s*s pixels of a pixel follow each other, upper row first."""
        weight = self.weight.permute(2, 3, 1, 0).flatten(0, 2)  # (C_in, C_out, s, s) -> (s*s*C_out, C_in)
        bias = self.bias.repeat(weight.shape[0] // self.bias.shape[0])
        return F.linear(x, weight, bias).reshape(x.shape[0], -1, self.bias.shape[0])
