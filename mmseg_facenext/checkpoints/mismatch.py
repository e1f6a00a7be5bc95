"""Explain to a person why checkpoint and model do not match."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from torch import Tensor

from ..errors import UserError
from .key_matching import roots_of

_SHOWN = 3  # keys that a message lists before it only counts

# embed_dims and depths of the published models.
_SEGNEXT_SIZES: dict[tuple[tuple[int, ...], tuple[int, ...]], str] = {
    ((32, 64, 160, 256), (3, 3, 5, 2)): 'T',
    ((64, 128, 320, 512), (2, 2, 4, 2)): 'S',
    ((64, 128, 320, 512), (3, 3, 12, 3)): 'B',
    ((64, 128, 320, 512), (3, 5, 27, 3)): 'L',
}


class MismatchError(UserError):
    """Keys or shapes of a checkpoint do not match those of the model.

    The message names the first few of each kind and the likely reason; `listing` has them all.

    Attributes:
        missing: keys that the model has and the file has not.
        unexpected: keys that the file has and the model has not.
        reshaped: keys with another shape, to the file's shape and the model's.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        found: Mapping[str, Tensor],
        wanted: Mapping[str, Tensor],
        classes: Sequence[str] | None = None,
    ) -> None:
        self.missing = tuple(key for key in wanted if key not in found)
        self.unexpected = tuple(key for key in found if key not in wanted)
        self.reshaped = {
            key: (tuple(found[key].shape), tuple(wanted[key].shape))
            for key in found
            if key in wanted and found[key].shape != wanted[key].shape
        }
        kinds = '; '.join(f'{kind}: {listed(lines)}' for kind, lines in self._kinds() if lines)
        reason = _likely_reason(found, wanted, classes)
        super().__init__(f'{path} does not fit the model: {kinds}{reason}; nothing was loaded')

    @property
    def listing(self) -> str:
        """Every key, one a line."""
        return '\n'.join(f'{kind}: {line}' for kind, lines in self._kinds() for line in lines)

    def _kinds(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        shapes = tuple(f'{key} {a} but the model has {b}' for key, (a, b) in self.reshaped.items())
        return (('missing', self.missing), ('unexpected', self.unexpected), ('other shapes', shapes))


def listed(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    shown = ', '.join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f'{shown} and {len(names) - _SHOWN} more'


def _likely_reason(
    found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], classes: Sequence[str] | None
) -> str:
    bare, nested = 'patch_embed1.proj.0.weight', 'backbone.patch_embed1.proj.0.weight'
    if bare in found and nested in wanted:
        return (
            '. The file holds a backbone only (ImageNet weights?): '
            'that belongs in model.backbone.init_cfg, here a whole segmentor is expected'
        )
    if len(roots := roots_of(found, wanted)) > 1:
        return f'. The file holds this model {len(roots)} times: choose one by prefix={" or ".join(map(repr, roots))}'
    has, needs = _traits(found), _traits(wanted)
    differing = [trait for trait in has if trait in needs and has[trait] != needs[trait]]
    if not differing:
        return ''
    theirs, ours = (', '.join(traits[trait] for trait in differing) for traits in (has, needs))
    names = f' ({listed(classes)})' if classes and 'classes' in differing else ''
    return f'. The checkpoint has {theirs}{names}; the config has {ours}'


def _traits(state_dict: Mapping[str, Tensor]) -> dict[str, str]:
    """Kind, size, head width and class count of a SegNeXt or SegFace, as far as its weights show them."""
    traits = {}
    state_dict = {key: value for key, value in state_dict.items() if value.dim()}
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
    levels = [
        state_dict[key].shape[-1]
        for i in range(4)
        if (key := f'decode_head.linear_c.{i}.proj.weight') in state_dict
    ]
    if levels:
        traits['size'] = f'a SegFace (backbone with maps of {levels} channels)'
    for classifier in ('decode_head.conv_seg.weight', 'decode_head.class_tokens'):
        if classifier in state_dict:
            traits['classes'] = f'{len(state_dict[classifier])} classes'
    return traits
