"""`custom_imports` of a config: modules that register what it names."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from mmengine.config import Config

from ..errors import UserError
from .mmseg0.own_names import RENAMED_SCOPES


def import_custom_modules(cfg: Config) -> dict[str, Exception]:
    """Import them, also in names of 0.x, and return those that could not be.

    `cfg.custom_imports` keeps those that could, in today's names.

    Raises:
        UserError: it is no dict with a list.
    """
    given = cfg.get('custom_imports') or {}
    names = (given.get('imports') or []) if isinstance(given, Mapping) else given
    if not isinstance(names, str | list | tuple):
        raise UserError(
            f'config {cfg.filename}: custom_imports.imports must be a list of modules, got {names!r}'
        )
    imported: list[str] = []
    failed: dict[str, Exception] = {}
    for name in [names] if isinstance(names, str) else list(names):
        top, dot, rest = str(name).partition('.')
        today = RENAMED_SCOPES.get(top, top) + dot + rest
        try:
            import_module(today)
            imported.append(today)
        except Exception as error:  # the module is a program of the user's
            failed[today] = error
    if names:
        cfg.custom_imports = dict(given, imports=imported)
    return {} if given.get('allow_failed_imports') else failed
