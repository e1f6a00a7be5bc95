"""Checkpoint files to dictionaries of tensors. Nothing in the file is executed."""

import argparse
import json
import logging
import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from safetensors import safe_open
from torch import nn

from ..errors import UserError
from .locating import locate_checkpoint
from .schemes import resolved
from .zoo import hash_in_name

logger = logging.getLogger(__name__)

# Where checkpoints keep their weights; mmengine, mmcv and most others say `state_dict`, SegFace
# `state_dict_backbone`. Averaged ones are taken where there are no others.
_WRAPPERS = (
    'state_dict',
    'model',
    'model_state_dict',
    'state_dict_backbone',
    'ema_state_dict',
    'state_dict_ema',
    'model_ema',
)
# What DataParallel and trainers that hold the network as an attribute put before every key.
_PREFIXES = ('module.', 'model.')
_DATE = re.compile(r'(19|20)\d{6}')  # in a name, no hash
# In the header of .safetensors files that `publish` wrote: their `meta`, as JSON.
META_KEY = 'mmseg_facenext.meta'

_OTHER_KINDS = (
    (b'\xff\xd8\xff', 'a JPEG picture'),
    (b'\x89PNG', 'a PNG picture'),
    (b'version https://git-lfs', 'a Git LFS pointer, not the file itself (`git lfs pull` fetches it)'),
    (b'<', 'a web page, not a download of the file itself'),
    (b'\x1f\x8b', 'a gzip archive (unpack it first)'),
)


def read_checkpoint(
    path: str | os.PathLike[str], map_location: Any = 'cpu', *, trust: bool = False
) -> dict[str, Any]:
    """Return the content of a `.pth`/`.pt`/`.safetensors` file, of an http(s) address, or of published weights.

    The schemes of mmengine (`torchvision://`, `open-mmlab://`, `mmcls://`, `s3://`, ...) stand for such files, too.
    Besides tensors and plain values, only what mmengine, mmcv and timm save is accepted: NumPy numbers, log
    histories, command line arguments. Downloads are kept and used from there the next time, see `download`.

    Args:
        path: a path, an address, or a name of `ZOO` (`mscan.tiny`).
        trust: a file that needs other Python objects is unpickled all the same, which runs whatever code its
            author put there, and a warning says so. Only for files whose author you trust.

    Raises:
        UserError: the file is missing, cannot be downloaded, is unreadable, of another kind, holds no weights, or
            needs other Python objects than those above.
    """
    checkpoint = read_content(path, map_location, trust=trust)
    if isinstance(checkpoint, nn.Module):
        return {'state_dict': checkpoint.state_dict()}
    if not isinstance(checkpoint, Mapping):
        raise UserError(f'{path} holds a {type(checkpoint).__name__}, not a checkpoint with a state dict')
    if not holds_weights(checkpoint):
        keys = ', '.join(map(str, list(checkpoint)[:6])) or 'none'
        raise UserError(
            f'{path} holds no weights: expected state_dict, model or named tensors, found the keys {keys}'
        )
    return dict(checkpoint)


def read_content(path: str | os.PathLike[str], map_location: Any = 'cpu', *, trust: bool = False) -> Any:
    """`read_checkpoint` of a file that may also hold something else than weights, such as one tensor."""
    with resolved(os.fspath(path)) as address:
        file = _local_file(address)
        _check_copy(file)
        if _is_safetensors(file):
            return _read_safetensors(file, map_location)
        return _read_torch(file, map_location, trust)


def holds_weights(content: Any) -> bool:
    """Tell whether there is a state dict in it, whatever wraps it."""
    return _find_state_dict(content) is not None


def state_dict_of(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return the weights in `checkpoint`, whatever wraps them, without `module.` or `model.` before all names.

    Raises:
        UserError: there is no state dict in it.
    """
    state_dict = _find_state_dict(checkpoint)
    if state_dict is None:
        raise UserError(f'no state dict among the keys of the checkpoint: {", ".join(map(str, checkpoint))}')
    while prefix := next((p for p in _PREFIXES if all(key.startswith(p) for key in state_dict)), None):
        state_dict = {key.removeprefix(prefix): value for key, value in state_dict.items()}
    return dict(state_dict)


def _find_state_dict(content: Any, depth: int = 4) -> Mapping[str, torch.Tensor] | None:
    """Search `content` and its wrappers, at most `depth` of them: one may hold itself."""
    if isinstance(content, nn.Module):
        return content.state_dict()
    if not isinstance(content, Mapping) or not depth:
        return None
    inner = (_find_state_dict(content[key], depth - 1) for key in _WRAPPERS if key in content)
    found = next((candidate for candidate in inner if candidate), None)
    return found or (content if _is_state_dict(content) else None)


def _is_state_dict(candidate: Mapping[Any, Any]) -> bool:
    return len(candidate) > 0 and all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in candidate.items()
    )


def _local_file(path: str) -> Path:
    file = locate_checkpoint(path)
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


def _check_copy(file: Path) -> None:
    """Check what tells a damaged copy: the checksums in a zip, which torch does not read, and the hash in a name.

    Raises:
        UserError: they are others. A zip whose parts are whole may have another hash, as mmengine's CheckpointHook
            names files: then a warning says so.
    """
    whole = False
    if zipfile.is_zipfile(file):
        try:
            with zipfile.ZipFile(file) as archive:
                sums = any(part.CRC for part in archive.infolist())  # torch can be told to write none
                damaged = archive.testzip() if sums else None
        except Exception as error:  # damaged headers raise anything
            damaged = str(error)
        if damaged is not None:
            raise UserError(f'{file} is damaged (checksum of {damaged}): put a complete copy there')
        whole = True
    if not (promised := hash_in_name(file.name)) or _DATE.fullmatch(promised):
        return
    content = sha256()
    with file.open('rb') as stream:
        while block := stream.read(2**20):
            content.update(block)
    digest = content.hexdigest()
    if not digest.startswith(promised):
        told = f'{file}: by its name its SHA-256 begins with {promised}, but it is {digest[: len(promised)]}'
        if not whole:
            raise UserError(f'{told}: put a complete copy there, or rename it if it has another meaning')
        logger.warning(told)


def _is_safetensors(file: Path) -> bool:
    """By its header, 8 bytes of length and then JSON; hubs call such files `model.bin`, too."""
    with file.open('rb') as stream:
        return stream.read(9)[8:] == b'{' or file.suffix == '.safetensors'


def _read_safetensors(file: Path, map_location: Any) -> dict[str, Any]:
    try:
        with safe_open(file, framework='pt', device=str(map_location)) as content:
            weights = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
            meta = json.loads((content.metadata() or {}).get(META_KEY, '{}'))
    except Exception as error:  # the package has its own exceptions, one per defect of the file
        raise UserError(f'{file} is not a complete .safetensors file ({error})') from error
    return {'state_dict': weights, 'meta': meta} if meta else weights


def _read_torch(file: Path, map_location: Any, trust: bool) -> Any:
    try:
        with torch.serialization.safe_globals(_allowed_globals()), warnings.catch_warnings():
            warnings.filterwarnings('ignore', message='Detected pickle protocol')  # it then fails or not
            return torch.load(file, map_location=map_location, weights_only=True)
    except Exception as error:  # damaged files raise anything, from EOFError to OSError(EINVAL)
        needs = _needs_beyond_weights(file, str(error))
        if needs and trust:
            return _unpickle(file, map_location, needs)
        if needs:
            raise UserError(
                f'{file} was refused: besides weights it holds {needs} that could run code; it was not '
                'executed. If you trust its author, add --trust-checkpoint (in Python: trust=True), else ask '
                'for a file with the state dict only'
            ) from error
        if 'TorchScript' in str(error):
            raise UserError(
                f'{file} is a TorchScript program, not weights: save those of torch.jit.load(...).state_dict()'
            ) from error
        raise UserError(
            f'{file} ({file.stat().st_size} bytes) is truncated or not a checkpoint; '
            'put a complete copy there'
        ) from error


def _needs_beyond_weights(file: Path, refusal: str) -> str | None:
    """Return what torch did not want to build, or None where the file is damaged."""
    if match := re.search(r'GLOBAL (\S+)', refusal):
        return f'a Python object ({match[1]})'
    if 'Unsupported operand' in refusal and zipfile.is_zipfile(file):
        return 'instructions of a newer pickle protocol'
    return None


def _unpickle(file: Path, map_location: Any, needs: str) -> Any:
    """Everything in the file, its code included."""
    logger.warning('%s holds %s: reading it runs what its author put there, as you allowed', file, needs)
    try:
        return torch.load(file, map_location=map_location, weights_only=False)
    except Exception as error:  # whatever the file's own code raises
        raise UserError(
            f'{file} cannot be read here even when trusted ({type(error).__name__}: {error}); open it where '
            'it was written and save its state dict only'
        ) from error


def _allowed_globals() -> list[Any]:
    """Return what mmengine, mmcv and timm save besides tensors, none of which can run code when it is built."""
    dtypes = {type(np.dtype(code)) for code in '?bhilqBHILQefdSU'}
    reconstruct, scalar = np.array(0).__reduce__()[0], np.float64(0).__reduce__()[0]
    return [
        argparse.Namespace,
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
