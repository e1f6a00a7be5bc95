"""From the checkpoint of a training to the file that others download: weights, and what they mean."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as save_safetensors

from ..errors import UserError
from ..utils.atomic import atomic_path
from .key_maps import translate_keys
from .key_matching import averages_in
from .loading import check_values
from .reading import META_KEY, read_checkpoint, state_dict_of

SUFFIXES = ('.pth', '.pt', '.safetensors')
# Of what a checkpoint says about itself; the rest tells about the machine and the run (env_info, hook_msgs).
KEPT_META = (
    *('dataset_meta', 'CLASSES', 'PALETTE'),
    *('cfg', 'config', 'experiment_name', 'exp_name', 'seed', 'epoch', 'iter', 'time'),
    *('mmengine_version', 'mmcv_version', 'mmseg_version'),
)
TRAINING_STATE = (
    *('optimizer', 'param_schedulers', 'message_hub', 'ema_state_dict'),  # mmengine's
    *('scheduler', 'lr_scheduler', 'scaler'),
)
HASH_DIGITS = 8


@dataclass(frozen=True)
class Published:
    """What `publish` wrote.

    Attributes:
        path: the file, `<name>-<first 8 hex digits of its SHA-256>.<suffix>` unless it was to have no hash.
        size_before, size_after: bytes; the former is 0 for a download.
        notes: one line each, what was left out.
    """

    path: Path
    size_before: int
    size_after: int
    notes: tuple[str, ...]


def publish(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    trust: bool = False,
    half: bool = False,
    facts: Mapping[str, Any] | None = None,
    hash_in_name: bool = True,
) -> Published:
    """Write the weights in `source`, with classes, colours and config, as `<target>-<hash>.<suffix>`.

    Averaged weights (EMA) are what mmengine saves as `state_dict` and what is published; the weights that they
    were averaged from stay behind. Names of SegNeXt, SegNeXt-FaceParser and SegFace are translated to those of this
    package. The same input gives the same file, byte by byte.

    Args:
        source: a checkpoint.
        target: ends in .pth, .pt (or in nothing: .pth), or .safetensors.
        trust: read a source that holds code too, see `read_checkpoint`.
        half: matrices and kernels as float16, half the size; vectors (norms, biases) stay as they are.
        facts: what else the file is to say about its weights (licence, network, ...), values of JSON; they take the
            place of what the checkpoint says under the same names, None of it leaves that out.
        hash_in_name: False writes `target` as it is called, also over an earlier file.

    Raises:
        UserError: `source` is no checkpoint or holds NaN, weights are too large for float16, `target` cannot be
            written or is there already.
    """
    folder, stem, suffix = _target(Path(target))
    checkpoint = read_checkpoint(source, trust=trust)
    found = state_dict_of(checkpoint)
    weights, averages = _without_averages(translate_keys(found))
    check_values(weights, source)
    if half:
        weights = _halved(weights, source)
    meta = checkpoint.get('meta')
    meta = {key: meta[key] for key in KEPT_META if key in meta} if isinstance(meta, Mapping) else {}
    meta = {key: value for key, value in {**meta, **(facts or {})}.items() if value is not None}
    content = _as_safetensors(weights, meta) if suffix == '.safetensors' else _as_pth(weights, meta)
    digest = f'-{sha256(content).hexdigest()[:HASH_DIGITS]}' if hash_in_name else ''
    path = folder / f'{stem}{digest}{suffix}'
    if hash_in_name and path.exists():
        raise UserError(
            f'{path} exists already, published from the same weights; delete it to write it again'
        )
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return Published(
        path=path,
        size_before=os.path.getsize(source) if os.path.exists(source) else 0,
        size_after=len(content),
        notes=_notes(checkpoint, averages, renamed=not weights.keys() <= found.keys()),
    )


def _target(path: Path) -> tuple[Path, str, str]:
    """Folder, name and suffix. Dots are common in names of configs, so that only known suffixes count."""
    if path.is_dir():
        raise UserError(f'{path} is a folder; expected the name of a file, such as {path / "model.pth"}')
    if path.suffix in SUFFIXES:
        return path.parent, path.stem, path.suffix
    return path.parent, path.name, SUFFIXES[0]


def _without_averages(
    state_dict: Mapping[str, torch.Tensor],
) -> tuple[dict[str, torch.Tensor], list[str]]:
    """Return the model's own weights, and the names under which mmcv 0.x keeps a second, averaged set beside them."""
    averages = averages_in(state_dict, state_dict)
    # Copies, because a slice would bring along the whole tensor that it was cut from.
    weights = {
        name: value.detach().clone(memory_format=torch.contiguous_format)
        for name, value in state_dict.items()
        if name not in averages
    }
    return weights, averages


def _halved(weights: Mapping[str, torch.Tensor], source: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    halved = {
        name: value.half() if value.is_floating_point() and value.ndim > 1 else value
        for name, value in weights.items()
    }
    if broken := [name for name, value in halved.items() if not value.isfinite().all()]:
        raise UserError(f'{source} has weights beyond the range of float16 ({broken[0]}, ...): keep float32')
    return halved


def _as_pth(weights: Mapping[str, torch.Tensor], meta: Mapping[str, Any]) -> bytes:
    # To a file, torch would also write the name of that file.
    stream = io.BytesIO()
    torch.save({'meta': dict(meta), 'state_dict': dict(weights)}, stream)
    return stream.getvalue()


def _as_safetensors(weights: Mapping[str, torch.Tensor], meta: Mapping[str, Any]) -> bytes:
    described = json.dumps(meta, sort_keys=True, default=_plain)
    return save_safetensors(dict(weights), metadata={'format': 'pt', META_KEY: described})


def _plain(value: Any) -> Any:
    """NumPy numbers and arrays for JSON."""
    return value.tolist() if hasattr(value, 'tolist') else str(value)


def _notes(checkpoint: Mapping[str, Any], averages: list[str], renamed: bool) -> tuple[str, ...]:
    notes = []
    if left := [key for key in TRAINING_STATE if key in checkpoint]:
        notes.append(f'left out: {", ".join(left)}')
    if 'ema_state_dict' in checkpoint:
        notes.append('published are the averaged weights (EMA), which mmengine saves as state_dict')
    if renamed:
        notes.append(
            'names of the published code were translated to those of mmsegmentation 1.x and this package'
        )
    if averages:
        notes.append(
            f'left out: {len(averages)} averages (ema_...) that mmcv keeps beside the weights; published are the '
            'weights under their own names'
        )
    return tuple(notes)
