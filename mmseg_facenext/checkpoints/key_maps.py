"""What other repositories call the parameters that have another name here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import UserError

StateDict = dict[str, Tensor]


@dataclass(frozen=True)
class KeyMap:
    """One foreign way to name a model's parameters.

    Attributes:
        markers: keys that together occur in no other kind of checkpoint; they recognise it by its content.
        prefixes: beginning of a foreign key -> what it is here; None: not used here. Other keys stay.
        tokens: ending of the keys that together are one matrix here, a row each, and its name.
        token_order: their order where the beginnings are these; others are taken in the order of the file,
            unless that is alphabetical.
    """

    markers: tuple[str, ...]
    prefixes: Mapping[str, str | None]
    tokens: tuple[str, str] | None = None
    token_order: tuple[str, ...] = ()

    def translate(self, state_dict: Mapping[str, Tensor]) -> StateDict:
        """The same tensors under the names they have here.

        Raises:
            UserError: nothing tells the order of the tokens.
        """
        translated = {}
        rows: StateDict = {}
        for key, value in state_dict.items():
            if self.tokens and key.endswith(self.tokens[0]):
                rows[key.removesuffix(self.tokens[0])] = value
                continue
            prefix = next((prefix for prefix in self.prefixes if key.startswith(prefix)), None)
            here = '' if prefix is None else self.prefixes[prefix]
            if here is not None:
                translated[here + key.removeprefix(prefix or '')] = value
        if self.tokens and rows:
            translated[self.tokens[1]] = torch.cat([rows[name] for name in self._ordered(tuple(rows))])
        return translated

    def _ordered(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if set(names) == set(self.token_order):
            return self.token_order
        if list(names) == sorted(names):  # as .safetensors files keep them, whatever order they were given
            raise UserError(
                f'the class tokens are in alphabetical order ({names[0]}, {names[1]}, ...), as in .safetensors files, '
                'which lose the order of the classes: load the published .pt file'
            )
        return names


# SegFace (Kartik-3004/SegFace) numbers the children of torchvision's networks; which network it is shows in how
# deep its first convolution lies. Its `convnext_tiny` is torchvision's convnext_small.
_SEGFACE_BACKBONES: Mapping[str, Mapping[str, str | None]] = {
    'backbone.0.weight': {  # ResNet: conv1, bn1, relu, maxpool, layer1 ... layer4
        'backbone.0.': 'backbone.conv1.',
        'backbone.1.': 'backbone.bn1.',
        **{f'backbone.{i + 3}.': f'backbone.layer{i}.' for i in range(1, 5)},
    },
    'backbone.0.0.weight': {'backbone.': 'backbone.features.'},  # MobileNet, EfficientNet
    'backbone.0.0.0.weight': {  # Swin and ConvNext; Swin's last norm lies behind the last tap
        'backbone.0.': 'backbone.features.',
        'backbone.1.': None,
    },
}
_SEGFACE_HEAD = {
    'face_decoder.': 'decode_head.',
    **{f'{part}.': f'decode_head.{part}.' for part in ('linear_c', 'linear_fuse', 'pe_layer')},
}
# Its CelebAMask-HQ classes in the order of `celebamask_hq_segface`.
_SEGFACE_CLASSES = (
    'background neck face cloth rightear leftear rightbro leftbro righteye lefteye nose innermouth lowerlip '
    'upperlip hair glass hat earring necklace'
)

KEY_MAPS = tuple(
    KeyMap(
        markers=(first_convolution, 'linear_fuse.weight', 'pe_layer.positional_encoding_gaussian_matrix'),
        prefixes={**backbone, **_SEGFACE_HEAD},
        tokens=('_token.weight', 'decode_head.class_tokens'),
        token_order=tuple(f'face_decoder.{name}' for name in _SEGFACE_CLASSES.split()),
    )
    for first_convolution, backbone in _SEGFACE_BACKBONES.items()
)


def translate_keys(state_dict: Mapping[str, Tensor]) -> StateDict:
    """`state_dict` under the names of this package, if it is of a known foreign kind; else as it is."""
    for key_map in KEY_MAPS:
        if all(marker in state_dict for marker in key_map.markers):
            return key_map.translate(state_dict)
    return dict(state_dict)
