"""A Triton kernel and its plain version as one operator of PyTorch."""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from . import choice

Shape = tuple[int, ...]
_OPERATORS: dict[str, FusedOperator] = {}


class FusedOperator:
    """`facenext::<name>`, from x (B, C, H, W), taps, biases and settings to a map of x's shape and type.

    Autograd, `torch.compile`, DDP and activation checkpointing see one operator, which stores its inputs for the
    backward pass and nothing else. Under autocast everything is cast to its type first, as for a convolution. Where
    the kernel cannot run, the plain version computes the same. Gradients have the same bits on every run.
    Differentiable once.

    Args:
        name: no two operators share it.
        plain: the plain version; a module with forward(x, taps, biases, *settings) and backward(grad, x, taps, biases,
            *settings), which returns the gradients of x, taps and biases.
        kernel: the module beside this one with the same two functions in Triton, imported only where it runs.
        settings: types and names of the settings in PyTorch's schema language.
        shapes: from the shape of x and the settings to those of taps and biases.
    """

    def __init__(
        self,
        name: str,
        plain: ModuleType,
        kernel: str,
        shapes: Callable[..., tuple[Shape, Shape]],
        settings: str = '',
    ):
        self.name, self.plain, self.shapes = name, plain, shapes
        _OPERATORS[name] = self
        tensors = 'Tensor x, Tensor taps, Tensor biases' + (settings and f', {settings}')

        def way(x: Tensor) -> ModuleType:
            multiplies = (
                x.is_cuda or x.dtype != torch.bfloat16
            )  # Triton's interpreter gets such products wrong
            runs = choice.runs_on(x.device) and x.dtype in choice.TOLERANCE and multiplies
            return importlib.import_module(kernel, __package__) if runs else plain

        @torch.library.custom_op(f'facenext::{name}', mutates_args=(), schema=f'({tensors}) -> Tensor')
        def forward(x, taps, biases, *settings):
            return way(x).forward(x.contiguous(), taps, biases, *settings)

        @torch.library.custom_op(
            f'facenext::{name}_backward',
            mutates_args=(),
            schema=f'(Tensor grad, {tensors}) -> (Tensor, Tensor, Tensor)',
        )
        def backward(grad, x, taps, biases, *settings):
            return way(x).backward(grad.contiguous(), x.contiguous(), taps, biases, *settings)

        def save(ctx, inputs, output) -> None:
            ctx.save_for_backward(*inputs[:3])
            ctx.settings = inputs[3:]

        def differentiate(ctx, grad):
            return *backward(grad, *ctx.saved_tensors, *ctx.settings), *(None for _ in ctx.settings)

        forward.register_fake(lambda x, *_: x.new_empty(x.shape))
        backward.register_fake(lambda grad, *tensors: tuple(t.new_empty(t.shape) for t in tensors[:3]))
        forward.register_autograd(differentiate, setup_context=save)
        self._run = forward

    def __call__(self, x: Tensor, taps: Tensor, biases: Tensor, *settings: Any) -> Tensor:
        """By the kernel where it runs.

        Raises:
            ValueError: the shapes do not belong together; a kernel would read whatever lies beside the tensors.
        """
        given, expected = (tuple(taps.shape), tuple(biases.shape)), self.shapes(x.shape, *settings)
        if x.dim() != 4 or given != expected:
            raise ValueError(
                f'{self.name}: maps {tuple(x.shape)} take taps and biases {expected}, got {given}'
            )
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
        taps, biases = (parameter.to(x.dtype).contiguous() for parameter in (taps, biases))
        return self._run(x.contiguous(), taps, biases, *settings)

    def is_chosen(self, x: Tensor, *settings: Any) -> bool:
        """Tell whether x should go through this operator rather than through modules, see `choice`.

        Exported and traced models have to run where this package is not: they get the modules.

        Raises:
            UserError: FACENEXT_KERNELS is none of off, on, auto.
        """
        if torch.jit.is_tracing() or _exporting():
            return False
        autocast = torch.is_autocast_enabled(x.device.type)
        dtype = torch.get_autocast_dtype(x.device.type) if autocast else x.dtype
        layout = torch.contiguous_format if x.is_contiguous() else torch.channels_last
        # index, not int: a graph that is compiled for any size is then compiled for this one
        shape = tuple(operator.index(side) for side in x.shape)
        return _chosen(self.name, shape, layout, dtype, x.device, torch.is_grad_enabled(), settings)


@torch.compiler.assume_constant_result
def _exporting() -> bool:
    """Asked outside of the compiled graph: torch 2.11 answers True in every one."""
    return torch.compiler.is_exporting()


@torch.compiler.assume_constant_result
def _chosen(name: str, *case: Any) -> bool:
    """By name and plain values, as a constant of compiled graphs can hold no object of ours."""
    return choice.chosen(_OPERATORS[name], choice.Case(*case))
