"""The depthwise part of MSCA in plain PyTorch, the reference of the kernels.

Shapes: x, out and their gradients (B, C, H, W). taps (C, (2 r0 + 1)^2 + sum of 2 (2 r + 1)): per channel the square
kernel row by row, then for each strip radius r of `strips` the horizontal and the vertical kernel; biases
(C, 1 + 2S) in the same order. All convolutions are depthwise and padded by zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def forward(x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: Sequence[int]) -> Tensor:
    """d + sum over strips of vertical(horizontal(d)), d = square(x)."""
    square, *pairs = _kernels(taps, radius, strips)
    local = _depthwise(x, square, biases[:, 0])
    total = local
    for s, (across, down) in enumerate(pairs):
        strip = _depthwise(local, across, biases[:, 1 + 2 * s])
        total = total + _depthwise(strip, down, biases[:, 2 + 2 * s])
    return total


def backward(
    grad: Tensor, x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: Sequence[int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of x, taps and biases from `grad`, that of the output; nothing is stored by `forward`."""
    square, *pairs = _kernels(taps, radius, strips)
    local = _depthwise(x, square, biases[:, 0])
    grad_local, of_strips = grad, []
    for s, (across, down) in enumerate(pairs):
        strip = _depthwise(local, across, biases[:, 1 + 2 * s])
        grad_strip, *of_down = _gradients(grad, strip, down)
        through, *of_across = _gradients(grad_strip, local, across)
        grad_local = grad_local + through
        of_strips += [of_across, of_down]
    grad_x, *of_square = _gradients(grad_local, x, square)
    grad_taps, grad_biases = zip(of_square, *of_strips, strict=True)
    return grad_x, torch.cat([taps.flatten(1) for taps in grad_taps], 1), torch.stack(grad_biases, 1)


def _kernels(taps: Tensor, radius: int, strips: Sequence[int]) -> list:
    """Return the square kernel (C, 1, k, k), then a pair (C, 1, 1, k) and (C, 1, k, 1) per strip."""
    size = 2 * radius + 1
    square, *rows = taps.split([size**2, *(2 * r + 1 for r in strips for _ in range(2))], dim=1)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [
        square.reshape(-1, 1, size, size),
        *((across[:, None, None, :], down[:, None, :, None]) for across, down in pairs),
    ]


def _depthwise(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    return F.conv2d(x, kernel, bias, padding=_padding(kernel), groups=len(kernel))


def _gradients(grad: Tensor, x: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of the input, kernel and bias of `_depthwise`."""
    C = len(kernel)
    return torch.ops.aten.convolution_backward(
        grad, x, kernel, [C], [1, 1], _padding(kernel), [1, 1], False, [0, 0], C, [True, True, True]
    )


def _padding(kernel: Tensor) -> list[int]:
    return [side // 2 for side in kernel.shape[2:]]
