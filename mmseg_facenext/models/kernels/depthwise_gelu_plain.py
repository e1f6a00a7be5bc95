"""GELU of a depthwise 3x3 convolution in plain PyTorch, the reference of the kernels.

Shapes: x, out and their gradients (B, C, H, W); taps (C, 9), per channel the 3x3 kernel row by row; biases (C,).
The convolution is padded by zeros; GELU is the exact one, z times the normal distribution's Phi(z).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def forward(x: Tensor, taps: Tensor, biases: Tensor) -> Tensor:
    return F.gelu(_convolved(x, taps, biases))


def backward(grad: Tensor, x: Tensor, taps: Tensor, biases: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of x, taps and biases from `grad`, that of the output; nothing is stored by `forward`."""
    C = len(taps)
    grad = torch.ops.aten.gelu_backward(grad, _convolved(x, taps, biases))
    grad_x, grad_kernel, grad_biases = torch.ops.aten.convolution_backward(
        grad, x, taps.view(C, 1, 3, 3), [C], [1, 1], [1, 1], [1, 1], False, [0, 0], C, [True, True, True]
    )
    return grad_x, grad_kernel.reshape(C, 9), grad_biases


def _convolved(x: Tensor, taps: Tensor, biases: Tensor) -> Tensor:
    return F.conv2d(x, taps.view(-1, 1, 3, 3), biases, padding=1, groups=len(taps))
