"""Triton kernels as PyTorch operators, each beside its plain PyTorch version.

`msca` is the depthwise part of multi-scale convolutional attention, `depthwise_gelu` the middle of an MLP.
"""

from . import depthwise_gelu_plain, msca_plain
from .operator import FusedOperator, Shape


def _msca_shapes(x: Shape, radius: int, strips: tuple[int, ...]) -> tuple[Shape, Shape]:
    kernel_area = (2 * radius + 1) ** 2 + sum(2 * (2 * r + 1) for r in strips)
    return (x[1], kernel_area), (x[1], 1 + 2 * len(strips))


msca = FusedOperator('msca', msca_plain, '.msca_triton', _msca_shapes, settings='int radius, int[] strips')
depthwise_gelu = FusedOperator(
    'depthwise_gelu', depthwise_gelu_plain, '.depthwise_gelu_triton', lambda x: ((x[1], 9), (x[1],))
)

__all__ = ['FusedOperator', 'depthwise_gelu', 'msca']
