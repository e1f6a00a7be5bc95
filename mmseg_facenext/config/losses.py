"""What only training reads in a model: losses and the samplers of their pixels."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mmengine.registry import MODELS, TASK_UTILS

from .checks.sections import MODEL, registered
from .checks.signatures import signature_of

TRAINING_ONLY = ('train_cfg', 'sampler', 'loss_decode')


def without_unknown_losses(model: Any, ignored: list[str]) -> Any:
    """Return a copy of a model's config without losses, samplers and `train_cfg` that its heads cannot have here.

    Args:
        model: the config, or a part of it.
        ignored: gets a word for each that is left out.
    """
    if isinstance(model, list | tuple):
        return type(model)(without_unknown_losses(part, ignored) for part in model)
    if not isinstance(model, Mapping):
        return model
    new = {key: without_unknown_losses(value, ignored) for key, value in model.items()}
    if 'loss_decode' not in new and 'sampler' not in new and 'train_cfg' not in new:
        return new
    if (losses := new.get('loss_decode')) is not None:
        several = losses if isinstance(losses, list | tuple) else [losses]
        kept = [loss for loss in several if _can_be_built(loss, MODELS, 'loss', ignored)]
        new['loss_decode'] = kept if isinstance(losses, list | tuple) else kept[0] if kept else None
        if not kept:
            del new['loss_decode']
    if new.get('sampler') is not None and not _can_be_built(new['sampler'], TASK_UTILS, 'sampler', ignored):
        del new['sampler']
    head = registered(new.get('type'), MODEL)
    for key in signature_of(head).unknown(new) if head is not None else ():
        if key in TRAINING_ONLY:
            ignored.append(f'{key} of {new["type"]}')
            del new[key]
    return new


def _can_be_built(values: Any, registry: Any, word: str, ignored: list[str]) -> bool:
    arguments = dict(context=None) if registry is TASK_UTILS else {}
    try:
        registry.build(deepcopy(values), default_args=arguments)
    except Exception as error:  # whatever an unknown or changed loss raises, using the model does not need it
        kind = values.get('type') if isinstance(values, Mapping) else values
        known = '' if isinstance(error, KeyError) else ' (with these arguments)'
        ignored.append(f'{word} {kind}{known}')
        return False
    return True
