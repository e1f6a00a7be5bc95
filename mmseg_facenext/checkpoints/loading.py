"""Weights from a file into a model: all of them, or none and the reason."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..errors import UserError
from .key_maps import translate_keys
from .reading import read_checkpoint, state_dict_of

# What backbones leave behind the last map: MSCAN's and torchvision's ImageNet classifiers, Swin's norm before it.
_CLASSIFIERS = ('head.', 'classifier.', 'fc.', 'norm.')
_SHOWN = 3  # keys that a message lists before it only counts

# embed_dims and depths of the published models.
_SEGNEXT_SIZES: dict[tuple[tuple[int, ...], tuple[int, ...]], str] = {
    ((32, 64, 160, 256), (3, 3, 5, 2)): 'T',
    ((64, 128, 320, 512), (2, 2, 4, 2)): 'S',
    ((64, 128, 320, 512), (3, 3, 12, 3)): 'B',
    ((64, 128, 320, 512), (3, 5, 27, 3)): 'L',
}


@dataclass(frozen=True)
class LoadReport:
    """What `load_weights` did.

    loaded: number of tensors that went into the model.
    missing: keys of the model that kept their values (only with `allow_missing`).
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
    model: nn.Module, path: str | os.PathLike[str], *, prefix: str = '', allow_missing: bool = False
) -> LoadReport:
    """Put the weights of the file (or http address) `path` into `model`, in place.

    Only keys that start with `prefix` count and lose it: `prefix='backbone.'` takes the backbone out of a
    segmentor's checkpoint. The ImageNet classifier of a backbone's checkpoint (`head.*`, `fc.*`, ...) is left out.

    Raises:
        UserError: the file is no checkpoint, keys or shapes disagree, or weights are not finite; the model is
            then as it was.
    """
    return load_checkpoint_into(
        model, read_checkpoint(path), path, prefix=prefix, allow_missing=allow_missing
    )


def load_checkpoint_into(
    model: nn.Module,
    checkpoint: Mapping[str, Any],
    path: str | os.PathLike[str],
    *,
    prefix: str = '',
    allow_missing: bool = False,
) -> LoadReport:
    """`load_weights` of what `read_checkpoint` has read already; `path` is for the messages."""
    found = translate_keys(state_dict_of(checkpoint))
    if prefix:
        found = _below(prefix.rstrip('.') + '.', found, path)
    wanted = model.state_dict()
    ignored = {key for key in found if key.startswith(_CLASSIFIERS) and key not in wanted}
    weights = {key: value for key, value in found.items() if key not in ignored}

    missing = tuple(key for key in wanted if key not in weights)
    unexpected = tuple(key for key in weights if key not in wanted)
    reshaped = tuple(key for key in weights if key in wanted and weights[key].shape != wanted[key].shape)
    if unexpected or reshaped or (missing and not allow_missing) or not weights:
        disagreements = _disagreements(wanted, weights, missing, unexpected, reshaped)
        reason = _likely_reason(wanted, weights)
        raise UserError(f'{path} does not fit the model: {disagreements}{reason}; nothing was loaded')
    if broken := [key for key, value in weights.items() if not value.isfinite().all()]:
        raise UserError(
            f'{path} holds NaN or infinite weights ({_listed(broken)}): its training had diverged; '
            'take an earlier checkpoint'
        )
    model.load_state_dict(weights, strict=False)
    meta = checkpoint.get('meta')
    meta = meta if isinstance(meta, Mapping) else {}
    return LoadReport(
        path=os.fspath(path),
        loaded=len(weights),
        missing=missing,
        notes=_notes(ignored, missing),
        classes=_trained_classes(meta),
        meta=meta,
    )


def _below(
    prefix: str, state_dict: dict[str, torch.Tensor], path: str | os.PathLike[str]
) -> dict[str, torch.Tensor]:
    chosen = {key.removeprefix(prefix): value for key, value in state_dict.items() if key.startswith(prefix)}
    if not chosen:
        raise UserError(
            f'{path} has no key that starts with {prefix} (its first key is {next(iter(state_dict))})'
        )
    return chosen


def _notes(ignored: set[str], missing: tuple[str, ...]) -> tuple[str, ...]:
    notes = []
    if ignored:
        notes.append(f'the ImageNet classifier {_listed(sorted(ignored))} was left out')
    if missing:
        notes.append(f'not in the file, left as they were: {_listed(missing)}')
    return tuple(notes)


def _trained_classes(meta: Mapping[str, Any]) -> tuple[str, ...] | None:
    """mmengine keeps them in `dataset_meta`, mmcv 0.x in `CLASSES`."""
    dataset_meta = meta.get('dataset_meta') or {}
    classes = dataset_meta.get('classes') or dataset_meta.get('CLASSES') or meta.get('CLASSES')
    return tuple(classes) if classes else None


def _disagreements(
    wanted: Mapping[str, torch.Tensor],
    weights: Mapping[str, torch.Tensor],
    missing: tuple[str, ...],
    unexpected: tuple[str, ...],
    reshaped: tuple[str, ...],
) -> str:
    shapes = [
        f'{key} {tuple(weights[key].shape)} but the model has {tuple(wanted[key].shape)}' for key in reshaped
    ]
    parts = (('missing', missing), ('unexpected', unexpected), ('other shapes', shapes))
    return '; '.join(f'{what}: {_listed(keys)}' for what, keys in parts if keys)


def _listed(keys: tuple[str, ...] | list[str]) -> str:
    shown = ', '.join(keys[:_SHOWN])
    return shown if len(keys) <= _SHOWN else f'{shown} and {len(keys) - _SHOWN} more'


def _likely_reason(wanted: Mapping[str, torch.Tensor], weights: Mapping[str, torch.Tensor]) -> str:
    bare, nested = 'patch_embed1.proj.0.weight', 'backbone.patch_embed1.proj.0.weight'
    if bare in weights and nested in wanted:
        return (
            '. The file holds a backbone only (ImageNet weights?): '
            'that belongs in model.backbone.init_cfg, here a whole segmentor is expected'
        )
    if nested in weights and bare in wanted:
        return ". The file holds a whole segmentor, the model is a backbone: add prefix='backbone.'"
    has, needs = _traits(weights), _traits(wanted)
    differing = [trait for trait in has if trait in needs and has[trait] != needs[trait]]
    if not differing:
        return ''
    theirs, ours = (', '.join(traits[trait] for trait in differing) for traits in (has, needs))
    return f'. The checkpoint has {theirs}; the config has {ours}'


def _traits(state_dict: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """Size, head width and class count of a SegNeXt, as far as its weights show them."""
    traits = {}
    root = 'backbone.' if any(key.startswith('backbone.') for key in state_dict) else ''
    stages = [i for i in range(1, 9) if f'{root}norm{i}.weight' in state_dict]
    if stages:
        embed_dims = tuple(len(state_dict[f'{root}norm{i}.weight']) for i in stages)
        depths = tuple(
            len(
                {
                    key.split('.')[root.count('.') + 1]
                    for key in state_dict
                    if key.startswith(f'{root}block{i}.')
                }
            )
            for i in stages
        )
        size = _SEGNEXT_SIZES.get((embed_dims, depths))
        name = f'SegNeXt-{size}' if size else 'MSCAN'
        traits['size'] = f'a {name} (embed_dims {list(embed_dims)}, depths {list(depths)})'
    if (squeeze := state_dict.get('decode_head.squeeze.conv.weight')) is not None:
        traits['width'] = f'ham_channels={len(squeeze)}'
    if (classifier := state_dict.get('decode_head.conv_seg.weight')) is not None:
        traits['classes'] = f'{len(classifier)} classes'
    return traits
