"""The depthwise part of MSCA as one operator, `facenext::msca`, and the choice between it and plain convolutions.

FACENEXT_MSCA_KERNEL=off never uses the kernel, `on` uses it wherever it runs, `auto` (the default) times both
ways once per shape on the GPU at hand and takes the faster one.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from ...errors import UserError
from . import msca_plain

SWITCH = 'FACENEXT_MSCA_KERNEL'
MODES = ('auto', 'on', 'off')
OLDEST_GPU = (8, 0)  # compute capability; bfloat16 and TF32 products start there
_INTERPRETED = (
    os.environ.get('TRITON_INTERPRET') == '1'
)  # Triton reads it once, too: the kernels run on the CPU


def msca(x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: Sequence[int]) -> Tensor:
    """What `msca_plain.forward` computes, by the kernel; the arguments are described there.

    Under autocast everything is cast to its type first, as for a convolution. Gradients are the same bits on every
    run. Differentiable once.
    """
    if torch.is_autocast_enabled(x.device.type):
        x = x.to(torch.get_autocast_dtype(x.device.type))
    return _msca(x.contiguous(), taps.to(x.dtype), biases.to(x.dtype), radius, list(strips))


def kernel_pays(x: Tensor, radius: int, strips: tuple[int, ...]) -> bool:
    """Whether x (B, C, H, W) should go through `msca`, see this module's docstring.

    Raises:
        UserError: FACENEXT_MSCA_KERNEL is none of auto, on, off.
    """
    if not (x.is_cuda or _INTERPRETED):
        return False
    autocast = torch.is_autocast_enabled(x.device.type)
    dtype = torch.get_autocast_dtype(x.device.type) if autocast else x.dtype
    layout = torch.contiguous_format if x.is_contiguous() else torch.channels_last
    return _chosen(tuple(int(side) for side in x.shape), layout, dtype, x.device, radius, strips)


@torch.compiler.assume_constant_result
def _chosen(
    shape: tuple[int, ...],
    layout: torch.memory_format,
    dtype: torch.dtype,
    device: torch.device,
    radius: int,
    strips: tuple[int, ...],
) -> bool:
    mode = os.environ.get(SWITCH, 'auto')
    if mode not in MODES:
        raise UserError(f'{SWITCH}={mode}: choose one of {", ".join(MODES)}')
    if mode == 'off' or not _runs_on(device):
        return False
    if mode == 'on' or torch.are_deterministic_algorithms_enabled():
        return True  # a choice by time could differ from run to run
    return device.type == 'cuda' and _is_faster(shape, layout, dtype, device, radius, strips)


@cache
def _runs_on(device: torch.device) -> bool:
    if importlib.util.find_spec('triton') is None:
        return False
    if device.type == 'cuda':
        return torch.cuda.get_device_capability(device) >= OLDEST_GPU
    return device.type == 'cpu' and _INTERPRETED


@cache
def _is_faster(
    shape: tuple[int, ...],
    layout: torch.memory_format,
    dtype: torch.dtype,
    device: torch.device,
    radius: int,
    strips: tuple[int, ...],
) -> bool:
    """Forward and backward, timed on random maps; a GPU is needed, and no CUDA graph that is being captured.

    The kernel works on contiguous maps: for others its time includes a copy.
    """
    C = shape[1]
    kernel_area = (2 * radius + 1) ** 2 + sum(2 * (2 * r + 1) for r in strips)

    def random(*size: int) -> Tensor:
        generator = torch.Generator(device).manual_seed(0)  # training's own stream of numbers stays as it is
        return torch.randn(size, generator=generator, dtype=dtype, device=device).requires_grad_()

    inputs = (
        random(*shape).contiguous(memory_format=layout),
        random(C, kernel_area),
        random(C, 1 + 2 * len(strips)),
    )
    with torch.autocast(device.type, enabled=False):
        plain, fused = (_milliseconds(way, inputs, radius, strips) for way in (msca_plain.forward, msca))
    return fused < plain


def _milliseconds(
    way: Callable[..., Tensor], inputs: tuple[Tensor, ...], radius: int, strips: tuple[int, ...]
) -> float:
    """The shortest of several forward and backward passes."""

    def once() -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        with torch.enable_grad():
            out = way(*inputs, radius, strips)
            torch.autograd.grad(out, inputs, torch.ones_like(out))
        end.record()
        end.synchronize()
        return start.elapsed_time(end)

    for _ in range(3):  # compiles the kernel, lets cuDNN choose
        once()
    return min(once() for _ in range(10))


@torch.library.custom_op('facenext::msca', mutates_args=())
def _msca(x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: list[int]) -> Tensor:
    if not _runs_on(x.device):
        return msca_plain.forward(x, taps, biases, radius, strips)
    from . import msca_triton  # triton is there only where it runs

    return msca_triton.forward(x, taps, biases, radius, strips)


@_msca.register_fake
def _(x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: list[int]) -> Tensor:
    return torch.empty_like(x)


@torch.library.custom_op('facenext::msca_backward', mutates_args=())
def _msca_backward(
    grad: Tensor, x: Tensor, taps: Tensor, biases: Tensor, radius: int, strips: list[int]
) -> tuple[Tensor, Tensor, Tensor]:
    if not _runs_on(x.device):
        return msca_plain.backward(grad, x, taps, biases, radius, strips)
    from . import msca_triton

    return msca_triton.backward(grad.contiguous(), x, taps, biases, radius, strips)


@_msca_backward.register_fake
def _(grad, x, taps, biases, radius, strips):
    return torch.empty_like(x), torch.empty_like(taps), torch.empty_like(biases)


def _save(ctx, inputs, output) -> None:
    *tensors, ctx.radius, ctx.strips = inputs
    ctx.save_for_backward(*tensors)


def _differentiate(ctx, grad: Tensor):
    return *_msca_backward(grad, *ctx.saved_tensors, ctx.radius, ctx.strips), None, None


_msca.register_autograd(_differentiate, setup_context=_save)
