"""DATA_PATH, LOG_PATH and ROOT_PATH, with which users of SegFace say where things are.

They are read from the environment, else from a file `.env` in the working directory, else from one beside this
package (the repository). They replace defaults only: what an option or the config's `work_dir` says wins.

    DATA_PATH   the folder of the data sets, in place of `data`; `<DATA_PATH>/SegFace` will do too
    LOG_PATH    the folder of logs and checkpoints, in place of `work_dirs`
    ROOT_PATH   the folder in which `data`, `work_dirs` and `local_configs` are, in place of the working directory
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv.main import DotEnv

from ..errors import UserError
from ..utils.wrapped_datasets import inner_datasets

if TYPE_CHECKING:
    from mmengine.config import Config

NAMES = ('DATA_PATH', 'LOG_PATH', 'ROOT_PATH')
DATA, LOGS = 'data', 'work_dirs'
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
REPOSITORY = Path(__file__).parents[2]


def env_paths() -> dict[str, Path]:
    """Those of the three that are set; of `${NAME}` in a file, the environment's value comes first.

    Raises:
        UserError: a file `.env` cannot be read.
    """
    found: dict[str, str | None] = {}
    for file in (REPOSITORY / '.env', Path('.env').absolute()):
        try:
            values = DotEnv(file, encoding='utf-8-sig', override=False).dict()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f'cannot read {file} ({error}): save it as text in UTF-8') from None
        found.update({name: value for name, value in values.items() if value})
    found.update({name: value for name, value in os.environ.items() if value})
    return {name: Path(value).expanduser() for name in NAMES if (value := found.get(name))}


def use_env_paths(cfg: Config, name: str) -> None:
    """Fill in `work_dir`, moves data roots below `data`, and list in `cfg.env_paths` what was used.

    Args:
        name: of the config, for the folder of its logs.
    """
    given = env_paths()
    root = given.get('ROOT_PATH', Path())
    used = []
    if cfg.get('work_dir') is None:
        cfg.work_dir = str(given.get('LOG_PATH', root / LOGS) / name)
        if root != Path() or 'LOG_PATH' in given:
            used.append(f'work_dir {cfg.work_dir} by {"LOG_PATH" if "LOG_PATH" in given else "ROOT_PATH"}')
    for dataset in _datasets(cfg):
        old = dataset['data_root']
        new = _moved(old, given, root)
        if Path(new) != Path(old):
            dataset['data_root'] = new
            used.append(f'data_root {new} by {"DATA_PATH" if "DATA_PATH" in given else "ROOT_PATH"}')
    if used:
        cfg.env_paths = list(dict.fromkeys(used))


def set_data_root(cfg: Config, data_root: str) -> None:
    """Return all data sets of a config another root.

    Raises:
        UserError: they have different ones.
    """
    datasets = list(_datasets(cfg))
    roots = {dataset['data_root'] for dataset in datasets}
    if len(roots) > 1:
        raise UserError(
            f'--cfg-options data_root: the data sets of {cfg.filename} have different ones '
            f'({", ".join(sorted(roots))}); set train_dataloader.dataset.data_root and so on'
        )
    for dataset in datasets:
        dataset['data_root'] = data_root


def _moved(data_root: str, given: dict[str, Path], root: Path) -> str:
    """Return where a data set is that the config has below `data`; if it is nowhere else, where the config says."""
    path = Path(data_root)
    if path.is_absolute() or path.parts[:1] != (DATA,):
        return data_root
    base, rest = given.get('DATA_PATH', root / DATA), Path(*path.parts[1:])
    found = next((folder for folder in (base / rest, base / 'SegFace' / rest) if folder.exists()), None)
    if found is None and not path.exists():
        found = base / rest  # the message that it is missing should name this one
    return data_root if found is None else str(found)


def _datasets(cfg: Config) -> Iterator[dict[str, Any]]:
    """Yield every data set with a `data_root`, also inside RepeatDataset and ConcatDataset."""
    for loader in LOADERS:
        for dataset in inner_datasets((cfg.get(loader) or {}).get('dataset')):
            if isinstance(dataset, dict) and isinstance(dataset.get('data_root'), str):
                yield dataset
