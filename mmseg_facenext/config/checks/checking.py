"""Mistakes in the settings of a config, all at once: names that nothing reads, values of another type.

Judged by the signatures and annotations of what is registered, and by `rules` for dicts that functions read. What is
not known here (modules of other packages that take anything, own variables) passes.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from ...utils import upstream  # noqa: F401  isort: skip  -- first, or mmseg prints remarks while it is imported

from ..mmseg0.datasets import LOADERS
from ..mmseg0.translation import CUSTOMARY_VARIABLES, names_read
from ..remedies import nearest, unknown_dataset, unknown_type
from . import rules
from .annotations import described, fits
from .sections import DATASET, LAYER, TOP, Part, parts, scope_of
from .signatures import Argument, Signature, signature_of

# Settings that mmengine's Runner takes from the config itself, besides its arguments.
READ_BY_RUNNER = (
    'compile',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'sync_bn',
    'activation_checkpointing',
    'balance',
    'frozen',
)
ALSO_READ = ('data_root', 'custom_imports', 'env_paths', 'data_preprocessor', 'auto_scale_lr', 'log_level')
# A slip in one of mmseg's own configs (bisenetv2 with OHEM), which trains all the same.
IN_UPSTREAMS = ('models',)
PIPELINES = ('train_pipeline', 'val_pipeline', 'test_pipeline')
SHOWN = 8
BUILT = ('dataset', 'datasets', 'optimizer', 'runner', 'dataloader', 'evaluator', 'model')
"""Arguments that the engine puts objects into, where a config has dicts or nothing."""


def known_settings() -> set[str]:
    """Return the names at the top of a config that something reads."""
    runner = inspect.signature(Runner).parameters
    return {*runner, *READ_BY_RUNNER, *ALSO_READ, *TOP, *rules.DICTS} - {'cfg'}


def mistakes(cfg: Config, model_only: bool = False) -> list[str]:
    """Return one line for each; none where nothing is wrong.

    Args:
        cfg: of today's generation.
        model_only: look at nothing but `model`, and leave unknown modules to who builds it.
    """
    settings = cfg.to_dict()
    settings.pop('optimizer', None)  # a variable today
    if model_only:
        settings = {key: settings[key] for key in ('model', 'default_scope') if key in settings}
    found = _wrong_at_the_top(settings)
    if found and any(message.startswith('default_scope') for message in found):
        return found
    found += [] if model_only else list(_unread(settings, cfg.text))
    if any(settings.get(loader) for loader in LOADERS):
        for key in PIPELINES:  # variables, which the data sets hold as well
            settings.pop(key, None)
    with scope_of(settings):
        for part in parts(settings):
            found += _in_part(part, model_only)
    for path, values in _dicts(settings):
        found += _in_dict(path, values, rules.DICTS[path])
    found += _in_special_places(settings)
    return list(dict.fromkeys((*found, *_nan(settings))))


def _wrong_at_the_top(settings: Mapping[str, Any]) -> list[str]:
    arguments = rules.TOP.arguments
    found = [
        _wrong(name, value, arguments[name].annotation)
        for name, value in settings.items()
        if name in arguments and not fits(value, arguments[name].annotation)
    ]
    scope = settings.get('default_scope')
    if isinstance(scope, str) and (not scope.isidentifier() or find_spec(scope) is None):
        found.append(
            f'default_scope: there is no package {scope!r} here; for the models of this package it is mmseg'
        )
    return found


def told(found: list[str]) -> str:
    """Mistakes as one line."""
    more = f'; and {len(found) - SHOWN} more' if len(found) > SHOWN else ''
    return '; '.join(found[:SHOWN]) + more


def _unread(settings: Mapping[str, Any], text: str) -> Iterator[str]:
    """Names at the top that resemble a setting; others are variables."""
    known = known_settings()
    for name in settings.keys() - known - {*CUSTOMARY_VARIABLES, *IN_UPSTREAMS} - names_read(text):
        if name in re.findall(r'_base_\.(\w+)', text):
            continue
        if similar := nearest(name, known, cutoff=0.85) or _rearranged(name, known):
            yield f'{name}: nothing reads a setting of that name; did you mean {similar}?'


def _rearranged(name: str, known: Iterable[str]) -> str | None:
    return next((each for each in known if sorted(each) == sorted(name)), None)


def _in_part(part: Part, model_only: bool) -> list[str]:
    if part.type is None:
        return [f'{part.path} needs a type: which {part.kind.word}?']
    if not isinstance(part.type, str) and not callable(part.type):
        return [f'{part.path}.type: expected a name, got {part.type!r}']
    target = part.found()
    if target is None:
        scoped = isinstance(part.type, str) and '.' in part.type
        if model_only or scoped:  # who builds it says what is missing
            return []
        text = (
            unknown_dataset(part.values, DATASET)
            if part.kind is DATASET
            else unknown_type(part.type, part.kind)
        )
        return [f'{part.path}.type: {text}']
    if part.type in rules.OF_MMDET:
        return []
    signature = signature_of(target)
    also = dict(rules.ALSO_TAKEN.get(part.kind, {}))
    limits = dict(rules.LIMITS.get(part.kind, {}))
    closed = signature.closed
    for name in {each.__name__ for each in getattr(target, '__mro__', ())}:
        limits.update(rules.OF_CLASSES.get(name, {}))
        if name in rules.HANDED_ON:
            also.update(rules.HANDED_ON[name])
            closed = True
    if part.kind is LAYER and not part.path.endswith('norm_cfg'):
        also.clear()
    known = {**signature.arguments, **{name: Argument(each, False) for name, each in also.items()}}
    known.update(
        {name: Argument(each, False) for name, each in limits.items() if name in known or name == 'pipeline'}
    )
    values = {
        name: value for name, value in part.values.items() if name not in ('type', '_scope_', '_delete_')
    }
    return _in_dict(part.path, values, Signature(known, closed), whole=False)


def _in_dict(path: str, values: Mapping[str, Any], signature: Signature, whole: bool = True) -> list[str]:
    """Mistakes in the values of a dict; `whole`: all of its names are in the signature, unless they are unusual."""
    found = []
    for name, value in values.items():
        argument = signature.arguments.get(name)
        if argument is not None:
            if not _is_right(name, value, argument):
                found.append(_wrong(f'{path}.{name}', value, argument.annotation))
        elif signature.closed:
            found.append(f'{path}.{name}: nothing reads that{_hint(name, signature.arguments)}')
        elif whole and (similar := nearest(str(name), signature.arguments)):
            found.append(f'{path}.{name}: nothing reads that; did you mean {similar}?')
    for name, argument in signature.arguments.items() if whole else ():
        if argument.required and name not in values:
            found.append(f'{path} needs {name}: {described(argument.annotation)}')
    return found


def _is_right(name: str, value: Any, argument: Argument) -> bool:
    if isinstance(value, Mapping) and (value.get('type') is not None or name in BUILT):
        return True
    return (value is None and argument.may_be_none) or fits(value, argument.annotation)


def _wrong(path: str, value: Any, annotation: Any) -> str:
    bounds = [rule.bound for rule in getattr(annotation, '__metadata__', ()) if hasattr(rule, 'bound')]
    if bounds and fits(value, annotation.__origin__):
        return f'{path} must be at least {bounds[0]}, got {value!r}'
    return f'{path}: expected {described(annotation)}, got {value!r}'


def _hint(name: str, known: Iterable[str]) -> str:
    similar = nearest(str(name), known, cutoff=0.6)
    return f'; did you mean {similar}?' if similar else f' (known: {", ".join(known)})' if known else ''


def _dicts(settings: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in rules.DICTS:
        value: Any = settings
        for name in path.split('.'):
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping):
            yield path, value


def _in_special_places(settings: Mapping[str, Any]) -> list[str]:
    found = []
    wrapper = settings.get('optim_wrapper')
    wrapper = wrapper if isinstance(wrapper, Mapping) else {}
    if isinstance(clip := wrapper.get('clip_grad'), Mapping):
        values = {name: value for name, value in clip.items() if name != 'type'}
        known = rules.CLIP_GRAD.get(clip.get('type', 'norm'), Signature({}, False))
        found += _in_dict('optim_wrapper.clip_grad', values, known, whole=False)
    keys = (wrapper.get('paramwise_cfg') or {}).get('custom_keys')
    for name, values in keys.items() if isinstance(keys, Mapping) and not wrapper.get('constructor') else ():
        if isinstance(values, Mapping):
            found += _in_dict(f'optim_wrapper.paramwise_cfg.custom_keys.{name}', values, rules.CUSTOM_KEY)
    hooks = settings.get('default_hooks')
    for name in hooks if isinstance(hooks, Mapping) else ():
        if name not in rules.HOOK_NAMES and (similar := nearest(str(name), rules.HOOK_NAMES, cutoff=0.8)):
            found.append(f'default_hooks.{name}: did you mean {similar}?')
    model = settings.get('model')
    if isinstance(model, Mapping) and isinstance(model.get('test_cfg'), Mapping) and 'decode_head' in model:
        found += _in_dict('model.test_cfg', model['test_cfg'], rules.TEST_CFG)
    return found


def _nan(value: Any, path: str = '') -> Iterator[str]:
    if isinstance(value, float) and math.isnan(value):
        yield f'{path} is NaN, no number'
    named = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value)
        if isinstance(value, list | tuple)
        else ()
    )
    for name, inner in named:
        yield from _nan(inner, f'{path}.{name}' if path else str(name))
