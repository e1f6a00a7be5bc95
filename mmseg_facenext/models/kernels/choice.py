"""Decide whether a Triton kernel replaces its PyTorch version.

FACENEXT_KERNELS=off (the default) never uses a kernel, `on` uses each wherever it runs, `auto` tries both ways once
per size on the GPU at hand and takes the kernel where it is faster and gives the same values.
"""

from __future__ import annotations

import importlib.util
import logging
import math
import os
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import torch
from mmengine.logging import print_log
from torch import Tensor

from ...errors import UserError

SWITCH = 'FACENEXT_KERNELS'
MODES = ('off', 'on', 'auto')
LARGEST_TRIAL = 4  # images: enough to keep a GPU busy, little beside what a training keeps in memory
OLDEST_GPU = (8, 0)  # compute capability; bfloat16 and TF32 products start there
# Largest `distance` of a kernel from its plain version, both in this type; that of float32 has room for TF32 products.
TOLERANCE = {torch.float32: 1e-2, torch.bfloat16: 5e-2, torch.float16: 5e-2}
# Triton reads it once, too: its kernels then run on the CPU.
_INTERPRETED = os.environ.get('TRITON_INTERPRET') == '1'


def has_kernels(device_type: str) -> bool:
    return device_type == 'cuda' or _INTERPRETED


@cache
def runs_on(device: torch.device) -> bool:
    """Tell whether Triton and the device can run a kernel."""
    if importlib.util.find_spec('triton') is None:
        return False
    if device.type == 'cuda':
        return torch.cuda.get_device_capability(device) >= OLDEST_GPU
    return device.type == 'cpu' and _INTERPRETED


class Case(NamedTuple):
    """The inputs and settings for which an operator is chosen.

    Attributes:
        shape: (B, C, H, W) of the maps.
        layout: of the maps in memory.
        learns: whether a backward pass follows.
        settings: of the operator.
    """

    shape: tuple[int, ...]
    layout: torch.memory_format
    dtype: torch.dtype
    device: torch.device
    learns: bool
    settings: tuple


class Operator(Protocol):
    """The two versions to compare, kernel and plain PyTorch; see `operator.FusedOperator`."""

    name: str
    plain: ModuleType
    shapes: Callable[..., Any]

    def __call__(self, x: Tensor, taps: Tensor, biases: Tensor, *settings: Any) -> Tensor: ...

    def __hash__(self) -> int: ...


def chosen(operator: Operator, case: Case) -> bool:
    """Tell whether the kernel is used for such maps.

    Raises:
        UserError: FACENEXT_KERNELS is none of off, on, auto.
    """
    mode = os.environ.get(SWITCH, 'off')
    if mode not in MODES:
        raise UserError(f'{SWITCH}={mode}: choose one of {", ".join(MODES)}')
    if mode == 'off' or case.dtype not in TOLERANCE or not runs_on(case.device):
        return False
    if mode == 'on' or torch.are_deterministic_algorithms_enabled():
        return True  # a choice by time could differ from run to run
    return case.device.type == 'cuda' and _wins(operator, case._replace(shape=_similar(case.shape)))


def _similar(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that is tried instead of (B, C, H, W), so that many sizes need few trials."""
    B, C, *size = shape
    return min(B, LARGEST_TRIAL), C, *(2 ** round(math.log2(max(side, 1))) for side in size)


@cache
def _wins(operator: Operator, case: Case) -> bool:
    """Compare both versions on random maps, with the backward pass if one follows; not under CUDA graph capture.

    Kernels work on contiguous maps: for others their time includes a copy.
    """
    from triton.errors import TritonError

    shape, layout, dtype, device, learns, settings = case
    generator = torch.Generator(device).manual_seed(0)  # training's own stream of numbers stays as it is

    def random(size: tuple[int, ...]) -> Tensor:
        return torch.randn(size, generator=generator, dtype=dtype, device=device)

    x, grad = (random(shape).contiguous(memory_format=layout) for _ in range(2))
    inputs = [x, *map(random, operator.shapes(shape, *settings))]
    inputs = [tensor.requires_grad_(learns) for tensor in inputs]

    def run(way: Callable[..., Tensor]) -> list[Tensor]:
        with torch.set_grad_enabled(learns), torch.autocast(device.type, enabled=False):
            out = way(*inputs, *settings)
            return [out.detach(), *(torch.autograd.grad(out, inputs, grad) if learns else ())]

    where = f'The kernel {operator.name} on {torch.cuda.get_device_name(device)} for {shape}, {dtype},'
    try:
        error = distance(run(operator), run(operator.plain.forward))
    except (TritonError, torch.OutOfMemoryError) as failure:
        _warn(f'{where} cannot be tried ({str(failure).strip().splitlines()[-1]}): the plain way is used')
        return False
    if not error < TOLERANCE[dtype]:  # nan is no agreement either
        _warn(f'{where} is {error:.2g} away from its plain version, which is used; please report this')
        return False
    return _milliseconds(run, operator) < _milliseconds(run, operator.plain.forward)


def distance(found: list[Tensor], true: list[Tensor]) -> float:
    """Return the largest root mean square of a difference, relative to that of the true values."""
    errors = [(f.double() - t.double()).norm() / t.double().norm() for f, t in zip(found, true, strict=True)]
    return float(torch.stack(errors).max())


def _milliseconds(run: Callable[..., list[Tensor]], way: Callable[..., Tensor]) -> float:
    """Return the shortest of several runs."""

    def once() -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        run(way)
        end.record()
        end.synchronize()
        return start.elapsed_time(end)

    for _ in range(3):  # lets cuDNN choose
        once()
    return min(once() for _ in range(10))


def _warn(message: str) -> None:
    print_log(message, 'current', logging.WARNING)
