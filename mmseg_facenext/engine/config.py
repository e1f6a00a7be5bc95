"""Reading config files."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from ..errors import UserError
from .cli import TRACEBACK_SWITCH

# Settings that mmengine's Runner takes from the config itself, besides its arguments.
READ_BY_RUNNER = (
    'compile',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'sync_bn',
    'activation_checkpointing',
)
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
    except (Exception, SystemExit) as error:  # a config is a program of the user's, to be mended by them
        raise UserError(f'config {path} cannot be read: {type(error).__name__}: {error}') from error
    if 'model' not in cfg:
        raise UserError(f'config {path} has no `model`; is it one of the _base_ files? See local_configs/')
    if cfg_options:
        _check_spelling(cfg, cfg_options)
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


@contextmanager
def config_mistakes(cfg: Config) -> Iterator[None]:
    """Whatever is raised while things are built from a config is a mistake in the config."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AssertionError) as error:
        if 'need at least one array to concatenate' in str(error):  # mmengine, serialising an empty list
            raise UserError(
                f'config {cfg.filename}: a data set has no images; check data_root, data_prefix, img_suffix '
                'and ann_file'
            ) from error
        raise UserError(
            f'config {cfg.filename} cannot be built: {type(error).__name__}: {str(error).strip(chr(34))} '
            f'({TRACEBACK_SWITCH}=1 shows where)'
        ) from error


def _check_spelling(cfg: Config, cfg_options: dict[str, Any]) -> None:
    """A misspelt setting would be added to the config, and nothing would read it."""
    known = {*cfg, *inspect.signature(Runner).parameters, *READ_BY_RUNNER}
    for option in cfg_options:
        name = option.partition('.')[0]
        if name not in known:
            similar = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean {similar[0]}?' if similar else ''
            raise UserError(f'--cfg-options {option}: nothing reads a setting {name}{hint}')


def _suggestion(path: Path) -> str:
    """Configs of the same name elsewhere: a wrong folder is the commonest mistake."""
    found = sorted(Path('local_configs').rglob(path.name)) if path.name else []
    return f'; did you mean {found[0]}?' if found else '; the configs are under local_configs/'
