"""Names of upstream's classes that this package extends under names of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN_NAMES = {
    'CheckpointHook': 'FaceCheckpointHook',
    'EMAHook': 'FaceEMAHook',
    'EncoderDecoder': 'FaceEncoderDecoder',
    'PackSegInputs': 'PackFaceInputs',
    'PhotoMetricDistortion': 'FacePhotoMetricDistortion',
    'RandomCrop': 'FaceRandomCrop',
    'Resize': 'FaceResize',
    'SegDataPreProcessor': 'FacePreProcessor',
    'SyncBN': 'FaceSyncBN',
}


RENAMED_SCOPES = {'mmcls': 'mmpretrain'}


def with_own_names(value: Any) -> Any:
    """Return a copy of a config, or of a part of it, in which each `type` of `OWN_NAMES` is ours."""
    if isinstance(value, Mapping):
        return {
            key: _own_name(inner) if key == 'type' and isinstance(inner, str) else with_own_names(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(map(with_own_names, value))
    return value


def _own_name(name: str) -> str:
    scope, dot, rest = name.partition('.')
    return OWN_NAMES.get(name, RENAMED_SCOPES.get(scope, scope) + dot + rest)
