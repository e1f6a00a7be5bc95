"""Weights that torch.nn.utils.prune masks.

Pruning keeps a module's parameter as `weight_orig` and computes `weight` from it before each call of the module.
Whoever reads the weight without calling the module has to ask for that.
"""

from __future__ import annotations

from typing import TypeVar

from torch import nn
from torch.nn.utils import prune

Module = TypeVar('Module', bound=nn.Module)


def with_current_weights(module: Module) -> Module:
    """`module`, its pruned weights computed from their parameters as they are now."""
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, prune.BasePruningMethod):
            hook(module, ())
    return module


def without_pruning(model: Module) -> Module:
    """`model`, changed in place: pruned weights are the product of weights and mask once and for all."""
    for module in model.modules():
        for hook in list(module._forward_pre_hooks.values()):
            if isinstance(hook, prune.BasePruningMethod):
                prune.remove(module, hook._tensor_name)
    return model
