"""What a registered class or function takes: the names of its arguments, and whether there can be others."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints


@dataclass(frozen=True)
class Argument:
    """An argument by name.

    Attributes:
        annotation: what it is declared to be; Any where there is no annotation, or none that can be understood.
        required: whether it has no default.
        may_be_none: whether None is its default, whatever the annotation says.
    """

    annotation: Any
    required: bool
    may_be_none: bool = False


@dataclass(frozen=True)
class Signature:
    """Attributes: arguments, by name; closed: whether any other name is an error, or is passed over in silence."""

    arguments: dict[str, Argument]
    closed: bool

    def unknown(self, names: Any) -> list[str]:
        return [name for name in names if name not in self.arguments] if self.closed else []


@cache
def signature_of(target: Any) -> Signature:
    """Of a class, with what its `**kwargs` hand on to the classes above it, or of a function."""
    if not inspect.isclass(target):
        return _of_function(target) if callable(target) else Signature({}, False)
    arguments: dict[str, Argument] = {}
    for owner in target.__mro__:
        if '__init__' not in vars(owner):
            continue
        if owner is object:
            return Signature(
                arguments, not inspect.isbuiltin(target.__new__) or target.__new__ is object.__new__
            )
        init = vars(owner)['__init__']
        own, rest = _arguments(init)
        arguments = {**own, **arguments}
        if rest is None or _is_passed_over(init, rest):
            return Signature(arguments, True)
        taken = _taken_out(init, rest)
        if taken is None or not _is_handed_up(init, rest):
            return Signature(arguments, False)
        arguments = {**dict.fromkeys(taken, Argument(Any, False)), **arguments}
    return Signature(arguments, False)


def _of_function(function: Callable[..., Any]) -> Signature:
    try:
        arguments, rest = _arguments(function)
    except (TypeError, ValueError):  # of a built-in
        return Signature({}, False)
    return Signature(arguments, rest is None)


def _arguments(function: Callable[..., Any]) -> tuple[dict[str, Argument], str | None]:
    """Without `self`, and the name of `**kwargs` if there are any."""
    parameters = list(inspect.signature(function).parameters.values())
    hints = _hints(function)
    named, rest = {}, None
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            rest = parameter.name
        elif parameter.name != 'self' and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        ):
            default = parameter.default
            annotation = hints.get(parameter.name, _by_default(default))
            named[parameter.name] = Argument(annotation, default is parameter.empty, default is None)
    return named, rest


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except Exception:  # a name that only type checkers import; each library has its own ways to go wrong here
        return {}


def _by_default(default: Any) -> Any:
    """Return what an argument without annotation is: mmseg's networks have none."""
    if isinstance(default, bool):
        return bool | None
    return float | Sequence[float] | None if isinstance(default, float) else Any


def _is_passed_over(function: Callable[..., Any], rest: str) -> bool:
    """Tell whether an `__init__` never looks at its `**kwargs`, as mmseg's IoUMetric: what is in them is lost."""
    tree = _tree(function)
    if tree is None or not _is_ours_or_upstreams(function):
        return False
    return not any(isinstance(node, ast.Name) and node.id == rest for node in ast.walk(tree))


def _is_handed_up(function: Callable[..., Any], rest: str) -> bool:
    """Tell whether `super().__init__(..., **kwargs)` gets them, which then takes or refuses each name."""
    tree = _tree(function)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call)) if tree is not None else ()
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr == '__init__'
        and isinstance(call.func.value, ast.Call)
        and isinstance(call.func.value.func, ast.Name)
        and call.func.value.func.id == 'super'
        and any(k.arg is None and isinstance(k.value, ast.Name) and k.value.id == rest for k in call.keywords)
        for call in calls
    )


def _taken_out(function: Callable[..., Any], rest: str) -> list[str] | None:
    """Return the names that `kwargs.pop('name')` takes out of the arguments; None where that cannot be seen."""
    names = []
    calls = [node for node in ast.walk(_tree(function) or ast.Module([], [])) if isinstance(node, ast.Call)]
    for call in calls:
        called = call.func
        if not (
            isinstance(called, ast.Attribute)
            and isinstance(called.value, ast.Name)
            and called.value.id == rest
        ):
            continue
        if called.attr == 'pop' and isinstance(call.args[0], ast.Constant):
            names.append(str(call.args[0].value))
        elif called.attr in ('pop', 'popitem', 'update', 'clear'):
            return None
    return names


def _tree(function: Callable[..., Any]) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None


def _is_ours_or_upstreams(function: Callable[..., Any]) -> bool:
    return (function.__module__ or '').partition('.')[0] in ('mmseg_facenext', 'mmseg', 'mmengine', 'mmcv')
