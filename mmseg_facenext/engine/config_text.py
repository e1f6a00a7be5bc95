"""A composed config as Python text."""

from __future__ import annotations

import difflib
from typing import Any

from mmengine.config import Config, ConfigDict

from ..errors import UserError


def config_text(cfg: Config, key: str | None = None) -> str:
    """`cfg`, or the one setting `key` of it, as Python that loads to the same values again.

    Args:
        key: dotted, lists by position: 'model.backbone', 'custom_hooks.0.type'.

    Raises:
        UserError: there is no such setting.
    """
    if key is None:
        return cfg.pretty_text
    name = key.rpartition('.')[2]
    return Config({f'setting_{name}' if name.isdigit() else name: _setting(cfg, key)}).pretty_text


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
