"""Values of `--cfg-options KEY=VALUE`: numbers, lists and dicts where they are written as such, else text as typed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

CLOSING = {'(': ')', '[': ']', '{': '}'}
QUOTES = '\'"'
WORD = re.compile(r'[A-Za-z_]\w*')


def option_value(text: str) -> Any:
    """Return what is meant by the text behind `=`; what has no other meaning is a string, with its spaces and commas.

    `3`, `1e-3`, `true`, `None` are those values; `[1, 2]`, `(a, b)`, `{'a': 1}` and `dict(a=1)` a list, a tuple,
    dicts; `1,2` and `mIoU,mFscore` lists, as in mmengine. A comma in a path separates nothing. Quotes around a
    value make it a string.
    """
    stripped = text.strip()
    if _is_enclosed(stripped) and stripped[0] in '([':
        items = [option_value(item) for item in _items(stripped[1:-1])]
        return tuple(items) if stripped[0] == '(' else items
    if stripped.startswith(('{', 'dict(')):
        return _dict(stripped, text)
    if len(stripped) > 1 and stripped[0] in QUOTES and stripped.find(stripped[0], 1) == len(stripped) - 1:
        return stripped[1:-1]
    if ',' in stripped:
        return _bare_list(stripped, text)
    value = _scalar(stripped)
    return text if isinstance(value, str) else value


def _scalar(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {'true': True, 'false': False}.get(text.lower(), None if text == 'None' else text)


def _bare_list(stripped: str, text: str) -> Any:
    """`1,2` and `a,b` without brackets; anything else with a comma in it is text."""
    items = list(_items(stripped))
    if len(items) == 1 and not stripped.endswith(','):  # its commas stand in a bracket that is part of a name
        return text
    values = [option_value(item) for item in items]
    if not any(isinstance(value, str) for value in values):
        return values
    return values if all(WORD.fullmatch(item) or _scalar(item) != item for item in items) else text


def _dict(stripped: str, text: str) -> Any:
    try:
        value = _evaluated(ast.parse(stripped, mode='eval').body)
        return value if isinstance(value, dict) else text
    except (SyntaxError, ValueError):
        return text


def _evaluated(node: ast.expr) -> Any:
    """Return a Python literal, `dict(...)` included."""
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
    return ast.literal_eval(node)


def _is_enclosed(text: str) -> bool:
    """Tell whether the first character opens a bracket that the last one closes."""
    if len(text) < 2 or text[0] not in CLOSING or text[-1] != CLOSING[text[0]]:
        return False
    return all(depth > 0 for position, _, depth in _walk(text) if position < len(text) - 1)


def _items(text: str) -> Iterator[str]:
    """Yield the parts between commas that stand in no bracket and no quotes; none behind a last comma."""
    start = 0
    for position, letter, depth in _walk(text):
        if letter == ',' and depth == 0:
            yield text[start:position].strip()
            start = position + 1
    if rest := text[start:].strip():
        yield rest


def _walk(text: str) -> Iterator[tuple[int, str, int]]:
    """Position, character, and how many brackets are open behind it; 1 more inside quotes."""
    expected: list[str] = []
    quote = ''
    for position, letter in enumerate(text):
        if quote:
            quote = '' if letter == quote else quote
        elif (
            letter in QUOTES
            and text.find(letter, position + 1) > 0
            and (text[:position].rstrip() or ',')[-1] in ',([{:'
        ):
            quote = letter
        elif letter in CLOSING:
            expected.append(CLOSING[letter])
        elif expected and letter == expected[-1]:
            expected.pop()
        yield position, letter, len(expected) + bool(quote)
