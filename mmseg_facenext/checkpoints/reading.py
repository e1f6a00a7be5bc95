"""Checkpoint files to dictionaries of tensors. Nothing in the file is executed."""

import importlib
import json
import os
import pickle
import re
import warnings
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

from ..errors import UserError

# Where checkpoints keep their weights; mmengine, mmcv and most others say `state_dict`, SegFace the last one.
_WRAPPERS = ('state_dict', 'model', 'state_dict_backbone')
# What DataParallel and trainers that hold the network as an attribute put before every key.
_PREFIXES = ('module.', 'model.')
# In the header of .safetensors files that `publish` wrote: their `meta`, as JSON.
META_KEY = 'mmseg_facenext.meta'

_OTHER_KINDS = (
    (b'\xff\xd8\xff', 'a JPEG picture'),
    (b'\x89PNG', 'a PNG picture'),
    (b'version https://git-lfs', 'a Git LFS pointer, not the file itself (`git lfs pull` fetches it)'),
    (b'<', 'a web page, not a download of the file itself'),
    (b'\x1f\x8b', 'a gzip archive (unpack it first)'),
)


def read_checkpoint(path: str | os.PathLike[str], map_location: Any = 'cpu') -> dict[str, Any]:
    """The content of a `.pth`/`.pt`/`.safetensors` file, or of an http(s) address.

    Besides tensors and plain values, only the NumPy numbers and log histories that mmengine and mmcv save
    are accepted. A download is kept in `torch.hub`'s checkpoint folder and used from there the next time.

    Raises:
        UserError: the file is missing, unreadable, of another kind, holds no weights, or needs other
            Python objects than those above.
    """
    file = _local_file(os.fspath(path))
    if file.suffix == '.safetensors':
        checkpoint = _read_safetensors(file, map_location)
    else:
        checkpoint = _read_torch(file, map_location)
    if not isinstance(checkpoint, Mapping):
        raise UserError(f'{file} holds a {type(checkpoint).__name__}, not a checkpoint with a state dict')
    if _find_state_dict(checkpoint) is None:
        keys = ', '.join(map(str, list(checkpoint)[:6])) or 'none'
        raise UserError(
            f'{file} holds no weights: expected {" or ".join(_WRAPPERS)} or named tensors, '
            f'found the keys {keys}'
        )
    return dict(checkpoint)


def state_dict_of(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The weights in `checkpoint`, whatever wraps them, without `module.` or `model.` before all names.

    Raises:
        UserError: there is no state dict in it.
    """
    state_dict = _find_state_dict(checkpoint)
    if state_dict is None:
        raise UserError(f'no state dict among the keys of the checkpoint: {", ".join(map(str, checkpoint))}')
    while prefix := next((p for p in _PREFIXES if all(key.startswith(p) for key in state_dict)), None):
        state_dict = {key.removeprefix(prefix): value for key, value in state_dict.items()}
    return dict(state_dict)


def _find_state_dict(checkpoint: Mapping[str, Any]) -> Mapping[str, torch.Tensor] | None:
    candidates = [checkpoint[key] for key in _WRAPPERS if key in checkpoint]
    return next((candidate for candidate in (*candidates, checkpoint) if _is_state_dict(candidate)), None)


def _is_state_dict(candidate: Any) -> bool:
    return (
        isinstance(candidate, Mapping)
        and len(candidate) > 0
        and all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in candidate.items())
    )


def _local_file(path: str) -> Path:
    file = _download(path) if path.startswith(('http://', 'https://')) else Path(path).expanduser()
    if file.is_dir():
        raise UserError(f'{file} is a folder, expected a checkpoint file (.pth, .pt or .safetensors)')
    if not file.is_file():
        raise UserError(f'no checkpoint at {file}')
    try:
        with file.open('rb') as stream:
            head = stream.read(64).lstrip()
    except OSError as error:
        raise UserError(f'cannot read the checkpoint {file}: {error.strerror}') from error
    if not head:
        raise UserError(f'the checkpoint {file} is empty')
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            raise UserError(f'{file} is {kind}; expected a checkpoint (.pth, .pt or .safetensors)')
    return file


def _download(url: str) -> Path:
    folder = Path(torch.hub.get_dir()) / 'checkpoints'
    name = Path(urlparse(url).path).name
    if not name:
        raise UserError(f'{url} names no file; expected an address that ends in .pth, .pt or .safetensors')
    file = folder / name
    if file.exists():
        return file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(file))
    except (
        OSError,
        HTTPException,
        ValueError,
    ) as error:  # a dead network, a cut answer, a bad address, a full disk
        raise UserError(
            f'cannot download {url} ({error}): download it by hand to {file} '
            '(a backbone can also start from scratch: --cfg-options model.backbone.init_cfg=None)'
        ) from error
    return file


def _read_safetensors(file: Path, map_location: Any) -> dict[str, Any]:
    try:
        safetensors = importlib.import_module('safetensors.torch')
    except ImportError as error:
        raise UserError(f'reading {file} needs the package safetensors: pip install safetensors') from error
    try:
        with safetensors.safe_open(file, framework='pt', device=str(map_location)) as content:
            weights = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
            meta = json.loads((content.metadata() or {}).get(META_KEY, '{}'))
    except Exception as error:  # the package has its own exceptions, one per defect of the file
        raise UserError(f'{file} is not a complete .safetensors file ({error})') from error
    return {'state_dict': weights, 'meta': meta} if meta else weights


def _read_torch(file: Path, map_location: Any) -> Any:
    try:
        with torch.serialization.safe_globals(_allowed_globals()), warnings.catch_warnings():
            warnings.filterwarnings('ignore', message='Detected pickle protocol')  # it then fails or not
            return torch.load(file, map_location=map_location, weights_only=True)
    except Exception as error:  # damaged files raise anything, from EOFError to OSError(EINVAL)
        if wanted := re.search(r'GLOBAL (\S+)', str(error)):
            raise UserError(
                f'{file} was refused: besides weights it holds a Python object ({wanted[1]}) that could run '
                "code; it was not executed. Save only its state dict again: torch.save({'state_dict': ...})"
            ) from error
        raise UserError(
            f'{file} ({file.stat().st_size} bytes) is truncated or not a checkpoint; '
            'put a complete copy there'
        ) from error


def _allowed_globals() -> list[Any]:
    """What mmengine and mmcv checkpoints hold besides tensors: NumPy numbers, arrays and log histories."""
    dtypes = {type(np.dtype(code)) for code in '?bhilqBHILQefdSU'}
    reconstruct, scalar = np.array(0).__reduce__()[0], np.float64(0).__reduce__()[0]
    return [
        HistoryBuffer,
        np.ndarray,
        np.dtype,
        *dtypes,
        # NumPy 2 moved the module, and files of both generations circulate.
        *((reconstruct, f'{module}.multiarray._reconstruct') for module in ('numpy.core', 'numpy._core')),
        *((scalar, f'{module}.multiarray.scalar') for module in ('numpy.core', 'numpy._core')),
        (_history_statistic, 'builtins.getattr'),
    ]


def _history_statistic(owner: Any, name: str) -> Any:
    """Stands for `getattr`, by which HistoryBuffer pickles its methods; the full one would be a hole."""
    if owner is not HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):
        raise pickle.UnpicklingError('Unsupported GLOBAL builtins.getattr')
    return getattr(owner, name)
