"""Methods of modules that a kernel computes as well; the modules themselves know nothing of kernels.

A decorated method runs as it is written, unless FACENEXT_KERNELS allows its kernel, see `choice`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps

import torch
from torch import Tensor, nn

from . import choice, depthwise_gelu, msca

Method = Callable[[nn.Module, Tensor], Tensor]


def msca_kernel(scales: Method) -> Method:
    """Decorate `MSCAAttention._scales`."""
    return _with_kernel(scales, _msca)


def depthwise_gelu_kernel(activated: Method) -> Method:
    """Decorate a method that computes `act(dwconv(x))`; `dwconv` is depthwise, 3x3 and padded by 1."""
    return _with_kernel(activated, _depthwise_gelu)


def _with_kernel(method: Method, kernel: Callable[[nn.Module, Tensor], Tensor | None]) -> Method:
    @wraps(method)
    def run(module: nn.Module, x: Tensor) -> Tensor:
        out = kernel(module, x) if choice.has_kernels(x.device.type) else None
        return method(module, x) if out is None else out

    return run


def _msca(attention: nn.Module, x: Tensor) -> Tensor | None:
    names = ['conv0', *(f'{name}_{i}' for name in attention.branches for i in (1, 2))]
    convs = [getattr(attention, name) for name in names]
    radii = radii_of(convs)
    if radii is None or not msca.is_chosen(x, *radii):
        return None
    taps = torch.cat([conv.weight.flatten(1) for conv in convs], dim=1)
    return msca(x, taps, torch.stack([conv.bias for conv in convs], dim=1), *radii)


def _depthwise_gelu(mlp: nn.Module, x: Tensor) -> Tensor | None:
    exact_gelu = isinstance(mlp.act, nn.GELU) and mlp.act.approximate == 'none'
    if not (exact_gelu and depthwise_gelu.is_chosen(x)):
        return None
    return depthwise_gelu(x, mlp.dwconv.weight.flatten(1), mlp.dwconv.bias)


def radii_of(convs: Sequence[nn.Conv2d]) -> tuple[int, tuple[int, ...]] | None:
    """(radius of the square, radii of the strips) if every kernel is odd and keeps the size of the map."""
    square, *strips = convs
    r, radii = square.kernel_size[0] // 2, tuple(strip.kernel_size[1] // 2 for strip in strips[::2])
    expected = [(r, r), *(shape for s in radii for shape in ((0, s), (s, 0)))]
    for conv, (down, across) in zip(convs, expected, strict=True):
        if conv.kernel_size != (2 * down + 1, 2 * across + 1) or conv.padding != (down, across):
            return None
    return r, radii
