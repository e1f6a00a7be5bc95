"""The configs that come with the package, by name."""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path

from ..errors import UserError
from .env_paths import env_paths

SUFFIXES = ('.py', '.yaml', '.yml', '.json')
PACKAGE = Path(__file__).parents[1]
TREE = Path('local_configs')
BASES = '_base_'


@cache
def config_folder() -> Path:
    """`local_configs`: beside the package in a checkout, inside it where it was installed.

    Raises:
        UserError: it is in neither place.
    """
    for folder in (PACKAGE.parent / TREE, PACKAGE / TREE):
        if (folder / BASES).is_dir():  # site-packages may hold somebody else's local_configs
            return folder
    raise UserError(
        f'the installation is incomplete: there is no {PACKAGE / TREE}; install mmseg_facenext again'
    )


def config_names() -> list[str]:
    """Names of all configs that can be trained: file names without .py, sorted."""
    return sorted(_configs())


@cache
def _configs() -> dict[str, Path]:
    """Name to file."""
    folder = config_folder()
    return {
        path.stem: path for path in folder.rglob('*.py') if BASES not in path.relative_to(folder).parts[:-1]
    }


def find_config(name_or_path: str | Path) -> Path:
    """Return the file that is meant by a path, or by the name of a config of this package with or without .py.

        find_config('mine/config.py')
        find_config('segnext.tiny.512x512.celebamaskhq.160k')
        find_config('local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py')

    A path that is there wins, in the working directory or in ROOT_PATH (see `env_paths`). One below `local_configs`
    is found in any working directory.

    Raises:
        UserError: there is no such file or config, or it is no config by its suffix; names the nearest ones.
    """
    path = Path(name_or_path)
    for folder in (Path(), env_paths().get('ROOT_PATH', Path())):
        if (folder / path).is_file():
            return _checked(folder / path)
    if path.is_dir():
        raise UserError(f'{path} is no config: expected a {" / ".join(SUFFIXES)} file, got a folder')
    below_tree = path.relative_to(TREE) if path.parts[:1] == TREE.parts else path
    if (config_folder() / below_tree).is_file():
        return _checked(config_folder() / below_tree)
    if len(path.parts) == 1 and (found := _configs().get(path.name.removesuffix('.py'))):
        return found
    raise UserError(f'config {path} does not exist; {_suggestion(path)}')


def _checked(path: Path) -> Path:
    if path.suffix not in SUFFIXES:
        raise UserError(f'{path} is no config: expected a {" / ".join(SUFFIXES)} file')
    return path


def _suggestion(path: Path) -> str:
    """Return the most similar names: a wrong folder and a wrong size are the commonest mistakes."""
    name = path.name.removesuffix('.py')
    if name in _configs():
        return f'did you mean {TREE / _configs()[name].relative_to(config_folder())}?'
    if similar := difflib.get_close_matches(name, _configs(), n=3):
        return f'did you mean {" or ".join(similar)}?'
    return '`facenext config` lists those of this package'
