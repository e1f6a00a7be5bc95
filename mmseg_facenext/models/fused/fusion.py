"""Fold normalisation and scales of a trained model into its convolutions, for inference.

A BatchNorm in evaluation mode is one multiplication and one addition per channel, and so is a layer scale.
Next to a convolution both disappear into its weights. Shapes: C channels.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import torch
from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

Replacement = Callable[[Any], nn.Module]
_REPLACEMENTS: dict[type[nn.Module], Replacement] = {}
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def replaces(kind: type[nn.Module]) -> Callable[[Replacement], Replacement]:
    """Register the decorated function: module of this very class -> what takes its place for inference."""

    def register(replacement: Replacement) -> Replacement:
        _REPLACEMENTS[kind] = replacement
        return replacement

    return register


@torch.no_grad()
def fuse(model: nn.Module) -> nn.Module:
    """Return a copy of `model` for inference: the same output up to rounding, in fewer operations.

    `model` itself stays as it is. The copy is in evaluation mode, its convolutions work in channels_last, and
    its parameters, which have other names and values than those of a checkpoint, take no gradient. It keeps
    the class, so that a segmentor still predicts, preprocesses and can be exported. What it does:
        - a module of a class that `replaces` names is replaced, unless something in it has hooks or
          parametrisations (torch.nn.utils.prune leaves hooks; prune.remove takes them off);
        - a BatchNorm after a convolution goes into the convolution's weights, in every `nn.Sequential` and
          mmcv `ConvModule`, and where a module's `conv_norms` name the two;
        - anything else stays.

    Load the weights before; move the copy to a device or to bfloat16 afterwards (the folding is done in float64).
    """
    fused = _fused(copy.deepcopy(model).eval().requires_grad_(False))
    for module in fused.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)
    return fused


def _fused(module: nn.Module) -> nn.Module:
    replacement = _REPLACEMENTS.get(type(module))
    if replacement and not any(map(_is_watched, module.modules())):
        return replacement(module)
    for name, child in module.named_children():
        setattr(module, name, _fused(child))
    for conv_name, norm_name in _neighbours(module):
        conv, norm = getattr(module, conv_name), getattr(module, norm_name)
        if not _is_watched(conv) and is_foldable(norm):
            setattr(module, conv_name, fold_after(conv, *affine_of(norm)))
            setattr(module, norm_name, nn.Identity())
    return module


def _neighbours(module: nn.Module) -> list[tuple[str, str]]:
    """Names of a convolution and of a child that gets nothing but what it gives."""
    if pairs := getattr(module, 'conv_norms', None):
        return list(pairs)
    if isinstance(module, ConvModule):
        follows = module.with_norm and module.order.index('norm') == module.order.index('conv') + 1
        pairs = [('conv', module.norm_name)] if follows else []
    elif type(module).forward is nn.Sequential.forward:
        # `named_children` skips a child that is there twice
        pairs = list(itertools.pairwise(module._modules))
    # a subclass may do more with its weights than to convolve
    return [(conv, norm) for conv, norm in pairs or () if type(getattr(module, conv)) in CONVOLUTIONS]


def is_foldable(norm: nn.Module) -> bool:
    """Tell whether `norm` is a BatchNorm with statistics of its own, thus the same map for every input."""
    return isinstance(norm, _BatchNorm) and norm.running_mean is not None and not _is_watched(norm)


def _is_watched(module: nn.Module) -> bool:
    """Hooks (spectral norm is one) see or change what goes through the module, parametrisations its weights."""
    hooks = module._forward_hooks or module._forward_pre_hooks
    return bool(hooks) or parametrize.is_parametrized(module)


def affine_of(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Return the scale and shift (C,) of a BatchNorm in evaluation mode, as `exact` gives them."""
    scale = (exact(norm.running_var) + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * exact(norm.weight)
    shift = -exact(norm.running_mean) * scale
    return scale, shift if norm.bias is None else shift + exact(norm.bias)


def exact(tensor: Tensor) -> Tensor:
    """In float64, on the CPU, because not every device has it."""
    return tensor.detach().cpu().double()


def fold_after(conv: nn.Module, scale: Tensor, shift: Tensor | float = 0.0) -> nn.Module:
    """Return a convolution that gives `scale * conv(x) + shift`; scale and shift (C_out,)."""
    weight = exact(conv.weight)
    return _with(conv, weight * scale.view(-1, *[1] * (weight.dim() - 1)), _bias(conv) * scale + shift)


def fold_before(conv: nn.Module, scale: Tensor, shift: Tensor) -> nn.Module:
    """Return a 1x1 convolution that gives `conv(scale * x + shift)`; scale and shift (C_in,).

    (With padding there would be borders that `shift` does not reach.)
    """
    weight = exact(conv.weight)
    scaled = weight * scale.view(1, -1, *[1] * (weight.dim() - 2))
    return _with(conv, scaled, _bias(conv) + weight.flatten(1) @ shift)


def _bias(conv: nn.Module) -> Tensor:
    return torch.zeros(len(conv.weight)).double() if conv.bias is None else exact(conv.bias)


def _with(conv: nn.Module, weight: Tensor, bias: Tensor) -> nn.Module:
    """`conv` with other weights, of the same dtype and on the same device."""
    other = copy.deepcopy(conv)
    other.weight = nn.Parameter(weight.to(conv.weight), requires_grad=False)
    other.bias = nn.Parameter(bias.to(conv.weight), requires_grad=False)
    return other
