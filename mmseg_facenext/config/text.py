"""A composed config as Python that a person likes to read."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from mmengine.config import Config, ConfigDict

from ..errors import UserError

WIDTH = 100
SHARED = ('train_pipeline', 'test_pipeline', 'val_dataloader', 'val_evaluator', 'vis_backends')
"""Settings that others repeat; the repetition is written as their name."""


def config_text(cfg: Config, key: str | None = None) -> str:
    """`cfg`, or the one setting `key` of it, as Python that loads to the same values again.

    Args:
        key: dotted, lists by position: 'model.backbone', 'custom_hooks.0.type'.

    Raises:
        UserError: there is no such setting.
    """
    if key is None:
        return as_python(cfg.to_dict())
    name = key.rpartition('.')[2]
    return as_python({f'setting_{name}' if name.isdigit() else name: _setting(cfg, key)})


def _setting(cfg: Config, key: str) -> Any:
    value: Any = cfg._cfg_dict
    walked: list[str] = []
    for part in key.split('.'):
        if isinstance(value, ConfigDict | dict):
            known = [str(name) for name in value]
        elif isinstance(value, list | tuple):
            known = [str(position) for position in range(len(value))]
        else:
            known = []
        if part not in known:
            place = f'in {".".join(walked)}' if walked else 'at the top'
            raise UserError(f'config {cfg.filename} has no {key}: {place} there is {_offer(part, known)}')
        value = value[int(part)] if isinstance(value, list | tuple) else value[part]
        walked.append(part)
    return value


def _offer(part: str, known: list[str]) -> str:
    similar = difflib.get_close_matches(part, known, n=1)
    hint = f' (did you mean {similar[0]}?)' if similar else ''
    return f'{", ".join(known)}{hint}' if known else 'a single value, nothing below it'


def as_python(settings: Mapping[str, Any]) -> str:
    """Assignments, one for each setting, that give the same values again when they are executed."""
    lines = [
        f'{key} = {_text(value, 0, {name: settings[name] for name in _before(key, settings)})}\n'
        for key, value in settings.items()
    ]
    # What takes several lines stands apart.
    return ''.join(
        ('\n' if '\n' in above[:-1] + line[:-1] else '') + line
        for above, line in zip(['\n', *lines], lines, strict=False)
    ).lstrip('\n')


def _before(key: str, settings: Mapping[str, Any]) -> list[str]:
    """Return the shared settings that are assigned above `key`."""
    above = list(settings)[: list(settings).index(key)]
    return [name for name in SHARED if name in above]


def _text(value: Any, indent: int, names: Mapping[str, Any]) -> str:
    for name, shared in names.items():
        if value == shared and value:
            return name
    line = _one_line(value, names)
    if indent + len(line) <= WIDTH or not isinstance(value, Mapping | list | tuple) or not value:
        return line
    inner, outer = ' ' * (indent + 4), ' ' * indent
    before, items, after = _items(value, lambda part: _text(part, indent + 4, names))
    return before + ''.join(f'\n{inner}{item},' for item in items) + f'\n{outer}{after}'


def _one_line(value: Any, names: Mapping[str, Any]) -> str:
    for name, shared in names.items():
        if value == shared and value:
            return name
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else f"float('{value}')"  # also numpy's
    if not isinstance(value, Mapping | list | tuple):
        return repr(value)
    before, items, after = _items(value, lambda part: _one_line(part, names))
    return before + ', '.join(items) + (',' if isinstance(value, tuple) and len(value) == 1 else '') + after


def _items(value: Any, text: Any) -> tuple[str, list[str], str]:
    """Opening bracket, the parts as text, closing bracket."""
    if not isinstance(value, Mapping):
        brackets = '()' if isinstance(value, tuple) else '[]'
        return brackets[0], [text(part) for part in value], brackets[1]
    if all(isinstance(key, str) and key.isidentifier() and not iskeyword(key) for key in value):
        return 'dict(', [f'{key}={text(part)}' for key, part in value.items()], ')'
    return '{', [f'{key!r}: {text(part)}' for key, part in value.items()], '}'
