"""Modules that a training leaves as they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import nn

from ..errors import UserError


def freeze(model: nn.Module, names: Sequence[str]) -> None:
    """Let modules keep their weights and the statistics of their norms in training.

    Raises:
        UserError: there is no module of that name, or nothing is left to train.
    """
    for name in names:
        try:
            module = model.get_submodule(name)
        except AttributeError:
            parts = ', '.join(part for part, _ in model.named_children())
            raise UserError(f'frozen={name!r}: the model has no such module; it has {parts}') from None
        module.requires_grad_(False)
        for one in module.modules():
            one.eval()
            one.train = partial(_stay_in_evaluation, one)  # type: ignore[method-assign]
    if names and not any(parameter.requires_grad for parameter in model.parameters()):
        raise UserError(f'frozen={list(names)} leaves nothing to train')


def _stay_in_evaluation(module: nn.Module, mode: bool = True) -> nn.Module:
    return module
