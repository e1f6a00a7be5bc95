"""Reading config files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..errors import UserError

SUFFIXES = ('.py', '.yaml', '.yml', '.json')


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
    except Exception as error:  # a config is a program of the user's: whatever it raises is theirs to mend
        raise UserError(f'config {path} cannot be read: {type(error).__name__}: {error}') from error
    if 'model' not in cfg:
        raise UserError(f'config {path} has no `model`; is it one of the _base_ files? See local_configs/')
    if cfg_options:
        try:
            cfg.merge_from_dict(cfg_options)
        except (KeyError, TypeError, AssertionError) as error:
            raise UserError(f'--cfg-options {cfg_options} do not fit {path}: {error}') from error
    if cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / path.stem)
    return cfg


def _suggestion(path: Path) -> str:
    """Configs of the same name elsewhere: a wrong folder is the commonest mistake."""
    found = sorted(Path('local_configs').rglob(path.name)) if path.name else []
    return f'; did you mean {found[0]}?' if found else '; the configs are under local_configs/'
