"""The schemes by which mmengine names checkpoints (`torchvision://resnet50`): what file or address they stand for."""

from __future__ import annotations

import difflib
import importlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mmengine.fileio import get_file_backend
from mmengine.runner import checkpoint as mmengine_tables

from ..errors import UserError

# As `CheckpointLoader` of mmengine 0.10 has them.
STORED = (r'(\S+\:)?s3://', r'(\S+\:)?petrel://')
PAVI = 'pavi://'
TABLES: Mapping[str, Callable[[], Mapping[str, str]]] = {
    'modelzoo://': mmengine_tables.get_torchvision_models,
    'torchvision://': mmengine_tables.get_torchvision_models,
    'open-mmlab://': mmengine_tables.get_external_models,
    'openmmlab://': mmengine_tables.get_external_models,
    'mmcls://': mmengine_tables.get_mmcls_models,
}
LOCAL = ('file://', 'local://')
WEB = ('http://', 'https://')

_NEAREST = 3  # names that a message offers in place of an unknown one


@contextmanager
def resolved(path: str) -> Iterator[str]:
    """The path or http(s) address that `path` stands for; a copy from a store is there until the end of the block.

    Raises:
        UserError: the name is in no table of mmengine, or the store cannot be read.
    """
    stored = any(re.match(pattern, path) for pattern in STORED)
    if not stored and not path.startswith(PAVI):
        yield _address(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        if stored:
            copy = Path(folder, re.sub(r'\W', '_', path.rpartition('/')[2]) or 'checkpoint')
            copy.write_bytes(_from_store(path))
            yield str(copy)
        else:
            yield _from_pavi(path.removeprefix(PAVI), Path(folder))


def _address(path: str) -> str:
    for scheme, table in TABLES.items():
        if path.startswith(scheme):
            return _entry(scheme, path.removeprefix(scheme), table())
    scheme = next((scheme for scheme in LOCAL if path.startswith(scheme)), '')
    return path.removeprefix(scheme)


def _entry(scheme: str, name: str, table: Mapping[str, str]) -> str:
    if scheme.startswith('open'):
        name = mmengine_tables.get_deprecated_model_names().get(name, name)
    address = table.get(name) or table.get(name.lower().replace('_weights', ''))
    if address is None:
        near = difflib.get_close_matches(name, table, _NEAREST)
        hint = f'; the nearest are {", ".join(near)}' if near else ''
        raise UserError(
            f'mmengine knows no weights {scheme}{name}{hint}; name a file or an http address instead'
        )
    if address.startswith(WEB):
        return address
    return str(Path(mmengine_tables._get_mmengine_home(), address))


def _from_store(path: str) -> bytes:
    try:
        return get_file_backend(path, backend_args=dict(backend='petrel')).get(path)
    except ImportError as error:
        raise UserError(
            f'reading {path} needs a package that is not installed ({error}): install it, or download the file and '
            'name its path'
        ) from error


def _from_pavi(name: str, folder: Path) -> str:
    try:
        modelcloud = importlib.import_module('pavi').modelcloud
    except ImportError as error:
        raise UserError(
            f'reading {PAVI}{name} needs the package pavi: install it, or download the file and name its path'
        ) from error
    model = modelcloud.get(name)
    file = folder / model.name
    model.download(str(file))
    return str(file)
