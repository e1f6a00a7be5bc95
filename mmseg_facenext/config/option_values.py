"""Values of `--cfg-options KEY=VALUE`: numbers, lists and dicts where they are written as such, else text as typed."""

from __future__ import annotations

import ast
from typing import Any

SPECIAL = set('([{,\'"')


def option_value(text: str) -> Any:
    """Return the value that the text after `=` stands for; a string, spaces and commas included, where it is no other.

    `3`, `1e-3`, `true`, `None` are those values; `[1, 2]`, `(a, b)`, `{'a': 1}` and `dict(a=1)` a list, a tuple,
    dicts; `1,2` and `mIoU,mFscore` lists, as in mmengine. A comma in a path separates nothing. Quotes around a
    value make it a string.
    """
    stripped = text.strip()
    if not SPECIAL & set(stripped):
        value = _scalar(stripped)
        return text if isinstance(value, str) else value
    try:
        # As arguments of a call, values with commas between them differ from one tuple.
        call = ast.parse(f'_({stripped})', mode='eval').body
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)) or call.keywords:
            return text
        values = [_evaluated(argument) for argument in call.args]
    except (SyntaxError, ValueError, TypeError):
        return _paths(stripped, text)
    if len(values) != 1 or stripped.endswith(','):
        return values
    return (values[0],) if stripped[0] == '(' and not isinstance(values[0], tuple) else values[0]


def _scalar(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {'true': True, 'false': False}.get(text.lower(), None if text == 'None' else text)


def _evaluated(node: ast.expr) -> Any:
    """Return the value of a Python literal; names in it are words, and `dict(a=1)` is a dict."""
    if isinstance(node, ast.Name):
        return _scalar(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict':
        if node.args or any(keyword.arg is None for keyword in node.keywords):
            raise ValueError('dict(...) with anything but key=value')
        return {str(keyword.arg): _evaluated(keyword.value) for keyword in node.keywords}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {_evaluated(key): _evaluated(value) for key, value in pairs if key is not None}
    if isinstance(node, ast.List | ast.Tuple):
        items = [_evaluated(item) for item in node.elts]
        return tuple(items) if isinstance(node, ast.Tuple) else items
    if isinstance(node, ast.Set):
        raise ValueError('a set, which no config has')
    return ast.literal_eval(node)


def _paths(stripped: str, text: str) -> Any:
    """Return `[/a b/c.pth, 2]` as a list, although it is no Python; other text as typed."""
    inner = stripped[1:-1]
    if (stripped[0], stripped[-1]) not in (('[', ']'), ('(', ')')) or set(inner) & set('()[]{}\'"'):
        return text
    items = [option_value(item.strip()) for item in inner.split(',') if item.strip()]
    return tuple(items) if stripped[0] == '(' else items
