"""Whether a value of a config is what an annotation says, as Python's type checkers would read a configured value.

Configs know no tuples from lists and no paths from strings, and hold dicts where objects are built from them; an
annotation that does not speak of plain values (a class, a type variable) is met by anything.
"""

from __future__ import annotations

import collections.abc
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from numbers import Integral, Number, Real
from pathlib import PurePath
from typing import Annotated, Any, Literal, Union, get_args, get_origin

SEQUENCES = (list, tuple, set, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
PLAIN = {int: 'a whole number', float: 'a number', Number: 'a number', bool: 'True or False', str: 'text'}


@dataclass(frozen=True)
class AtLeast:
    """In `Annotated[int, AtLeast(1)]`."""

    bound: float


class NotEmpty:
    """In `Annotated[Sequence[dict], NotEmpty]`."""


def fits(value: Any, annotation: Any) -> bool:
    """Tell whether a plain value can be meant where `annotation` stands."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation is type(None):
        return value is None
    if origin is Annotated:
        return fits(value, arguments[0]) and all(_holds(value, rule) for rule in arguments[1:])
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in arguments)
    if origin is Literal:
        return value in arguments
    if annotation in PLAIN:
        return _is_plain(value, annotation)
    if (origin or annotation) in SEQUENCES:
        return _fits_sequence(value, origin or annotation, arguments)
    if (origin or annotation) in MAPPINGS:
        return isinstance(value, Mapping) and (
            len(arguments) < 2 or all(fits(inner, arguments[1]) for inner in value.values())
        )
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return isinstance(value, str | annotation)
    return True


def _is_plain(value: Any, kind: type) -> bool:
    if kind is bool:
        return value is None or isinstance(value, bool) or (isinstance(value, Integral) and value in (0, 1))
    if kind is int:  # 1e5 is one
        whole = isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())
        return whole and not isinstance(value, bool)
    if kind in (float, Number):
        return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)
    return isinstance(value, str | PurePath)


def _fits_sequence(value: Any, kind: Any, arguments: tuple[Any, ...]) -> bool:
    if not isinstance(value, list | tuple | set):
        # What can be gone through need not be a list: ranges and arrays, but of no use here are numbers and None.
        return not isinstance(value, str | Real | Mapping | None)
    if kind is tuple and arguments and arguments[-1] is not ...:
        return len(value) == len(arguments) and all(map(fits, value, arguments))
    return not arguments or all(fits(each, arguments[0]) for each in value)


def _holds(value: Any, rule: Any) -> bool:
    if isinstance(rule, AtLeast):
        return value is None or not isinstance(value, Real) or float(value) >= rule.bound
    return bool(value) if rule is NotEmpty else True


def described(annotation: Any) -> str:
    """Return an annotation in words: what is expected."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in PLAIN:
        return PLAIN[annotation]
    if annotation is type(None):
        return 'None'
    if origin is Annotated:
        rules = [f'of at least {rule.bound}' for rule in arguments[1:] if isinstance(rule, AtLeast)]
        empty = ['that is not empty'] if NotEmpty in arguments[1:] else []
        return ' '.join((described(arguments[0]), *rules, *empty))
    if origin in (Union, types.UnionType):
        return ' or '.join(dict.fromkeys(map(described, arguments)))
    if origin is Literal:
        return ' or '.join(map(repr, arguments))
    if (origin or annotation) in SEQUENCES:
        return _described_sequence(arguments)
    if (origin or annotation) in MAPPINGS:
        return 'a dict'
    return f'a {getattr(annotation, "__name__", annotation)}'


def _described_sequence(arguments: tuple[Any, ...]) -> str:
    if not arguments or Any in arguments:
        return 'a list'
    if len(arguments) > 1 and arguments[-1] is not ...:
        return f'{len(arguments)} values in a list'
    return f'a list ({described(arguments[0])} each)'
