"""Weights from a file into a model: all of them, or none and the reason."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UserError
from .class_names import trained_classes
from .key_maps import translate_keys
from .key_matching import Weights, keep_first_rows, match_keys, without_classes
from .mismatch import MismatchError, listed
from .reading import read_checkpoint, state_dict_of


@dataclass(frozen=True)
class LoadReport:
    """What `load_weights` did.

    loaded: number of tensors that went into the model.
    missing: keys of the model that kept their values (only with `allow_missing` or `new_classes`).
    notes: one line each, what a person should know about this load.
    classes: the class names that the checkpoint was trained with, where it says.
    meta: everything else that it says about itself.
    """

    path: str
    loaded: int
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    classes: tuple[str, ...] | None
    meta: Mapping[str, Any]

    def __str__(self) -> str:
        return '; '.join((f'{self.loaded} tensors from {self.path}', *self.notes))


def load_weights(
    model: nn.Module,
    path: str | os.PathLike[str],
    *,
    prefix: str = '',
    allow_missing: bool = False,
    new_classes: bool = False,
    trust: bool = False,
) -> LoadReport:
    """Put the weights of `path` (a file, a name of published weights or an http address) into `model`, in place.

    The file may be a checkpoint of mmcv 0.x, mmengine or SegFace, a bare state dict, or `.safetensors`, with
    `module.` or `model.` before the names. Names of SegNeXt, SegNeXt-FaceParser and SegFace are translated. Where the
    model is a part of the file's network (a backbone, a segmentor in a trainer), that part is taken. The ImageNet
    classifier of a backbone (`head.*`, `fc.*`, ...) is left out. Of a segmentation classifier with more rows than the
    model has classes the first ones are kept, unless the others stand for classes, too.

    Args:
        prefix: only keys that start with it count, and lose it, where the model occurs more than once.
        allow_missing: keys that are not in the file keep their values.
        new_classes: a classifier (or SegFace's class tokens) of another number of classes is left out and the
            model's keeps its values, to be trained. Without it such a file is refused.
        trust: see `read_checkpoint`.

    Raises:
        UserError: the file is no checkpoint, keys or shapes disagree (`MismatchError`, which lists them all), or
            weights are not finite; the model is then as it was.
    """
    return load_checkpoint_into(
        model,
        read_checkpoint(path, trust=trust),
        path,
        prefix=prefix,
        allow_missing=allow_missing,
        new_classes=new_classes,
    )


def load_checkpoint_into(
    model: nn.Module,
    checkpoint: Mapping[str, Any],
    path: str | os.PathLike[str],
    *,
    prefix: str = '',
    allow_missing: bool = False,
    new_classes: bool = False,
) -> LoadReport:
    """`load_weights` of what `read_checkpoint` has read already; `path` is for the messages."""
    meta = checkpoint.get('meta')
    meta = meta if isinstance(meta, Mapping) else {}
    classes = trained_classes(meta)
    wanted = model.state_dict()
    found = state_dict_of(checkpoint)
    if not wanted.keys() <= found.keys():
        found = translate_keys(found)
    if prefix:
        found = _below(prefix.rstrip('.') + '.', found, path)
    weights, renamed = match_keys(found, wanted)
    weights, cut = keep_first_rows(weights, wanted, classes)
    anew: list[str] = []
    left_out: list[str] = []
    if new_classes:
        weights, anew, left_out = without_classes(weights, wanted)

    missing = tuple(key for key in wanted if key not in weights)
    allowed = missing if allow_missing else anew
    fits = all(key in wanted and value.shape == wanted[key].shape for key, value in weights.items())
    if not weights or not fits or not set(missing) <= set(allowed):
        raise MismatchError(path, weights, wanted, classes)
    check_values(weights, path)
    if large := [key for key, value in weights.items() if not value.to(wanted[key].dtype).isfinite().all()]:
        raise UserError(f'{path} holds weights too large for the model ({listed(large)}): keep it in float32')
    model.load_state_dict(weights, strict=False)
    kept = [key for key in missing if key not in anew]
    unset = [f'not in the file, left as they were: {listed(kept)}'] if kept else []
    return LoadReport(
        path=os.fspath(path),
        loaded=len(weights),
        missing=missing,
        notes=(*renamed, *cut, *left_out, *unset),
        classes=classes,
        meta=meta,
    )


def check_values(weights: Weights, path: str | os.PathLike[str]) -> None:
    """Check that weights are finite numbers in plain tensors; else raise UserError."""
    if strange := [key for key, value in weights.items() if not _is_plain(value)]:
        raise UserError(
            f'{path} holds sparse, quantised, complex, 8-bit or empty (meta) weights ({listed(strange)}), expected '
            'plain ones'
        )
    if broken := [key for key, value in weights.items() if not value.isfinite().all()]:
        raise UserError(
            f'{path} holds NaN or infinite weights ({listed(broken)}): its training had diverged; '
            'take an earlier checkpoint'
        )


def _is_plain(value: Tensor) -> bool:
    plain = value.layout is torch.strided and not value.is_quantized and not value.is_meta
    return plain and not value.is_complex() and (not value.is_floating_point() or value.element_size() > 1)


def _below(prefix: str, state_dict: Weights, path: str | os.PathLike[str]) -> Weights:
    chosen = {key.removeprefix(prefix): value for key, value in state_dict.items() if key.startswith(prefix)}
    if not chosen:
        raise UserError(
            f'{path} has no key that starts with {prefix} (its first key is {next(iter(state_dict))})'
        )
    return chosen
