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
        token_orders: the known orders of these rows, each for one set of key beginnings; other rows are taken in
            the order of the file, unless that is alphabetical.
    """

    markers: tuple[str, ...]
    prefixes: Mapping[str, str | None]
    tokens: tuple[str, str] | None = None
    token_orders: tuple[tuple[str, ...], ...] = ()

    def translate(self, state_dict: Mapping[str, Tensor]) -> StateDict:
        """Return the same tensors under the names they have here.

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
        for order in self.token_orders:
            if set(names) == set(order):
                return order
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
# Its classes: CelebAMask-HQ in the order of `celebamask_hq_segface`; LaPa and Helen, which have the same names.
_SEGFACE_CLASSES = (
    'background neck face cloth rightear leftear rightbro leftbro righteye lefteye nose innermouth lowerlip '
    'upperlip hair glass hat earring necklace',
    'background face leftbro rightbro lefteye righteye nose upperlip innermouth lowerlip hair',
)

KEY_MAPS = tuple(
    KeyMap(
        markers=(first_convolution, 'linear_fuse.weight', 'pe_layer.positional_encoding_gaussian_matrix'),
        prefixes={**backbone, **_SEGFACE_HEAD},
        tokens=('_token.weight', 'decode_head.class_tokens'),
        token_orders=tuple(
            tuple(f'face_decoder.{name}' for name in classes.split()) for classes in _SEGFACE_CLASSES
        ),
    )
    for first_convolution, backbone in _SEGFACE_BACKBONES.items()
)


# SegNeXt (Visual-Attention-Network/SegNeXt) and SegNeXt-FaceParser nest the depthwise layer of an MLP in a module of
# its own; mmsegmentation 1.x, and this package, do not. The second form is that of the buffers of mmcv's EMAHook.
_SEGNEXT_MARKER = 'spatial_gating_unit.conv0_1.weight'  # a layer of MSCAN and of no other network
_SEGNEXT_NAMES = (('mlp.dwconv.dwconv.', 'mlp.dwconv.'), ('mlp_dwconv_dwconv_', 'mlp_dwconv_'))


def translate_keys(state_dict: Mapping[str, Tensor]) -> StateDict:
    """`state_dict` under the names of this package, if it is of a known foreign kind; else as it is.

    Raises:
        UserError: nothing tells the order of SegFace's class tokens.
    """
    for key_map in KEY_MAPS:
        if all(marker in state_dict for marker in key_map.markers):
            return key_map.translate(state_dict)
    if any(key.endswith(_SEGNEXT_MARKER) for key in state_dict):
        return {_segnext_name(key): value for key, value in state_dict.items()}
    return dict(state_dict)


def _segnext_name(key: str) -> str:
    for theirs, ours in _SEGNEXT_NAMES:
        key = key.replace(theirs, ours)
    return key
