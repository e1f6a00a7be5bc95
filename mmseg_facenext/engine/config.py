"""Reading config files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction

from ..errors import UserError

SUFFIXES = ('.py', '.yaml', '.yml', '.json')


class KeyValueAction(DictAction):
    """`--cfg-options KEY=VALUE ...` as a dict; mmengine's own shows a traceback where the `=` is missing."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        for item in values:
            key, equals, _ = item.partition('=')
            if not (key and equals):
                raise argparse.ArgumentError(self, f'expected KEY=VALUE, got {item!r}')
        super().__call__(parser, namespace, values, option_string)


def load_config(path: str | Path, cfg_options: dict[str, Any] | None = None) -> Config:
    """The config in a file, with `_base_` files merged and dotted `cfg_options` applied on top.

    `work_dir` is filled in as `work_dirs/<name of the config>` where the config has none.

    Raises:
        UserError: the file is missing, is no config, or cannot be executed; an option cannot be set.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f'config {path} does not exist{_suggestion(path)}')
    if not path.is_file() or path.suffix not in SUFFIXES:
        raise UserError(f'{path} is no config: expected a {" / ".join(SUFFIXES)} file, see local_configs/')
    try:
        cfg = Config.fromfile(str(path))
    except (Exception, SystemExit) as error:  # a config is a program of the user's, to be mended by them
        raise UserError(f'config {path} cannot be read: {type(error).__name__}: {error}') from error
    if 'model' not in cfg:
        raise UserError(f'config {path} has no `model`; is it one of the _base_ files? See local_configs/')
    if cfg_options:
        try:
            cfg.merge_from_dict(cfg_options)
        except (KeyError, TypeError, AssertionError) as error:
            raise UserError(f'--cfg-options {cfg_options} do not fit {path}: {error}') from error
    if not isinstance(cfg.model, dict) or not isinstance(cfg.model.get('backbone'), dict):
        raise UserError(
            f'config {path} has no dict `model` with a `backbone` in it, as the ones under local_configs/ have'
        )
    if cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / path.stem)
    return cfg


def _suggestion(path: Path) -> str:
    """Configs of the same name elsewhere: a wrong folder is the commonest mistake."""
    found = sorted(Path('local_configs').rglob(path.name)) if path.name else []
    return f'; did you mean {found[0]}?' if found else '; the configs are under local_configs/'
