"""Reading config files."""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from mmengine.config import Config

from ..utils import upstream  # noqa: F401  isort: skip  -- first, or mmseg prints remarks while it is imported

from ..errors import TRACEBACK_SWITCH, UserError
from .checks.checking import known_settings, mistakes, told
from .checks.sections import scope_of
from .custom_imports import import_custom_modules
from .env_paths import set_data_root, use_env_paths
from .find import find_config
from .mmseg0 import is_legacy, is_old_name, translate
from .model_only import model_only

logger = logging.getLogger(__name__)

Purpose = Literal['training', 'model']
REGISTER = 'mmseg_facenext.register'


def load_config(
    path: str | Path, cfg_options: dict[str, Any] | None = None, *, purpose: Purpose = 'training'
) -> Config:
    """Return the config in a file, with `_base_` files merged and dotted `cfg_options` applied on top.

    A config of mmsegmentation 0.x is translated, which rank 0 logs line by line; see `translated_config`.

    For using a model alone (`purpose='model'`: photos, export, costs) the training set-up may hold anything, see
    `model_only`; what was ignored is logged in one line.

    `mmseg_facenext.register` is imported, and named in the config's `custom_imports`.

    `work_dir` is filled in as `work_dirs/<name of the config>` where the config has none; DATA_PATH, LOG_PATH and
    ROOT_PATH change where that and the data are looked for (see `env_paths`). The option `data_root` sets that of
    every data set.

    Raises:
        UserError: the file is missing, is no config, or cannot be executed; an option cannot be set; for
            training, a setting of 0.x has no counterpart.
    """
    if purpose == 'model':
        return _model_config(path, dict(cfg_options or {}))
    cfg, notes = translated_config(path, cfg_options)
    if notes and _is_rank_0():
        lines = '\n  '.join(notes)
        logger.warning(
            f'{path} is a config of mmseg 0.x; translated (`facenext migrate` writes it as a new file):\n  '
            f'{lines}'
        )
    return cfg


def _is_rank_0() -> bool:
    return os.environ.get('RANK', os.environ.get('SLURM_PROCID', '0')) == '0'


def _model_config(path: str | Path, options: dict[str, Any]) -> Config:
    import_module(REGISTER)
    path = find_config(path)
    cfg = _read(path)
    failed = import_custom_modules(cfg)
    old = {
        name: options.pop(name)
        for name in list(options)
        if is_old_name(name) and name.partition('.')[0] in cfg
    }
    _apply(cfg, old)
    _check_backbone(cfg)
    with config_mistakes(cfg):
        cfg, remarks = model_only(cfg)
    remarks.ignored += [f'custom_imports {name}' for name in failed]
    if str(remarks) and _is_rank_0():
        logger.warning(f'{path}: its model is used without the training around it ({remarks})')
    return _finished(cfg, options, path.stem, model_only=True)


def translated_config(
    path: str | Path, cfg_options: dict[str, Any] | None = None
) -> tuple[Config, list[str]]:
    """`load_config` without a word: the config, and what was translated if it is one of mmseg 0.x.

    Options in old names (`data.samples_per_gpu`) change an old config before the translation, options in new
    names its result.

    Raises:
        UserError: as `load_config`.
    """
    path = find_config(path)
    import_module(REGISTER)
    cfg, options = _read(path), dict(cfg_options or {})
    if failed := import_custom_modules(cfg):
        reasons = '; '.join(f'{name} ({error})' for name, error in failed.items())
        raise UserError(
            f'config {path} cannot import its custom_imports {reasons}: put the folder of that module on PYTHONPATH, '
            'or take its name out'
        )
    notes: list[str] = []
    if is_legacy(cfg):
        old = {name: options.pop(name) for name in list(options) if is_old_name(name)}
        _apply(cfg, old)
        _check_backbone(cfg)
        with config_mistakes(cfg), scope_of({}):
            cfg, notes = translate(cfg)
        if old and options:
            notes.append(
                f'options {", ".join(old)} applied before, {", ".join(options)} after the translation'
            )
    return _finished(cfg, options, path.stem), notes


def _finished(cfg: Config, options: dict[str, Any], name: str, model_only: bool = False) -> Config:
    """With options in today's names, and what the environment says."""
    _add_import(cfg)
    _check_spelling(cfg, options)
    use_env_paths(cfg, name)
    if 'data_root' in options:
        set_data_root(cfg, options['data_root'])
    _apply(cfg, options)
    _check_backbone(cfg)
    if found := mistakes(cfg, model_only):
        raise UserError(f'config {cfg.filename}: {told(found)}')
    return cfg


def _read(path: Path) -> Config:
    try:
        cfg = Config.fromfile(str(path), import_custom_modules=False)
    except (Exception, SystemExit) as error:  # a config is a program of the user's, to be mended by them
        raise UserError(f'config {path} cannot be read: {type(error).__name__}: {error}') from error
    if 'model' not in cfg:
        raise UserError(f'config {path} has no `model`; is it one of the _base_ files? See local_configs/')
    return cfg


def _add_import(cfg: Config) -> None:
    """Name our modules among the config's imports: its copy in the work dir then needs no tool of ours."""
    given = cfg.get('custom_imports') or {}
    names = given.get('imports') or []
    names = [names] if isinstance(names, str) else names
    cfg.custom_imports = (
        dict(allow_failed_imports=False) | given | dict(imports=list(dict.fromkeys([REGISTER, *names])))
    )


def _apply(cfg: Config, options: dict[str, Any]) -> None:
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError, AssertionError, AttributeError, ValueError, IndexError) as error:
        raise UserError(f'--cfg-options {options} do not fit {cfg.filename}: {error}') from error


def _check_backbone(cfg: Config) -> None:
    if not isinstance(cfg.model, dict) or not isinstance(cfg.model.get('backbone'), dict):
        raise UserError(
            f'config {cfg.filename} has no dict `model` with a `backbone` in it, as the ones under local_configs/ '
            'have'
        )


@contextmanager
def config_mistakes(cfg: Config) -> Iterator[None]:
    """Whatever is raised while things are built from a config is a mistake in the config."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AssertionError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and 'negative dimension' not in str(error):
            raise
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
    known = {*cfg, *known_settings()}
    for option in cfg_options:
        name = option.partition('.')[0]
        if name not in known:
            similar = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean {similar[0]}?' if similar else ''
            raise UserError(f'--cfg-options {option}: nothing reads a setting {name}{hint}')
