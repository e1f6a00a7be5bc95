"""What an exported file says about itself, so that it needs no config beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import UserError
from ..taxonomy import LabelSpace
from .checksum import KEY, PLACE
from .resize_rule import KNOWN, ResizeRule

MARK = 'mmseg_facenext_version'
"""The key that tells a file of this project from any other."""


@dataclass(frozen=True)
class Metadata:
    """Stored as strings by key, each of them JSON: `metadata_props` of ONNX, `rt_info` of OpenVINO.

    Attributes:
        version: of mmseg_facenext when it exported the model.
        label_space: names, titles and colours of the classes.
        resize: how a photo gets the network's size.
        mean, std: by channel, in 0..255; the graph applies them itself.
        channel_order: of the pictures that the graph takes.
    """

    version: str
    label_space: LabelSpace
    resize: ResizeRule
    mean: tuple[float, ...]
    std: tuple[float, ...]
    channel_order: str = 'RGB'

    def to_strings(self) -> dict[str, str]:
        space = self.label_space
        values = {
            MARK: self.version,
            'label_space': space.name,
            'classes': space.classes,
            'titles': space.titles,
            'palette': space.palette,
            'sides': space.sides,
            'scale': self.resize.scale,
            'keep_ratio': self.resize.keep_ratio,
            'interpolation': self.resize.interpolation,
            'mean': self.mean,
            'std': self.std,
            'channel_order': self.channel_order,
        }
        return {key: json.dumps(value) for key, value in values.items()} | {KEY: PLACE}

    @classmethod
    def from_strings(cls, strings: Mapping[str, str], path: str) -> Metadata:
        """Return the reverse; `path` is for the message.

        Raises:
            UserError: the file is not one of this project, or a version of it that this one cannot read.
        """
        if MARK not in strings:
            raise UserError(
                f'{path} does not say what its classes are: it was not written by `facenext export`; '
                'export the config and checkpoint again'
            )
        try:
            values = {key: json.loads(strings[key]) for key in cls._keys() - {KEY}}
            if KEY not in strings:  # it was written before there were checksums
                raise KeyError(KEY)
            space = LabelSpace(
                name=values['label_space'],
                classes=tuple(values['classes']),
                titles=tuple(values['titles']),
                palette=tuple((r, g, b) for r, g, b in values['palette']),
                sides=values['sides'],
            )
            width, height = values['scale']
            if values['channel_order'] != 'RGB' or values['interpolation'] not in KNOWN:
                raise ValueError(f'{values["channel_order"]}, {values["interpolation"]}')
            return cls(
                version=values[MARK],
                label_space=space,
                resize=ResizeRule((width, height), values['keep_ratio'], values['interpolation']),
                mean=tuple(values['mean']),
                std=tuple(values['std']),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(
                f'the metadata of {path} cannot be read ({error}): it was written by mmseg_facenext '
                f'{strings[MARK]}; export the model again with this version'
            ) from error

    @classmethod
    def _keys(cls) -> set[str]:
        return set(cls('', LabelSpace('', (), (), (), ''), ResizeRule((0, 0)), (), ()).to_strings())
