"""What a person calls a checkpoint, a path, a name of published weights or an address, to the file itself."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import UserError
from .download import DownloadError, Source, fetch, source_of, source_of_weights
from .zoo import find_weights, nearest_names

_ADDRESS = ('http://', 'https://')
_SUFFIXES = ('.pth', '.pt', '.safetensors', '.bin', '.ckpt', '.pkl', '.tar')


PACKAGED = Path(__file__).parents[1] / 'weights' / 'face_parser.safetensors'
"""The weights that come with the package; `face_parser` names them."""


def locate_checkpoint(checkpoint: str | os.PathLike[str]) -> Path:
    """Return the file of a checkpoint, downloaded into the cache if need be.

    Args:
        checkpoint: a path, an http(s) address, `face_parser` (of this package) or a name of `ZOO`; a
            file of that name goes first.

    Raises:
        UserError: there is no such file or name, or it cannot be downloaded.
    """
    word = os.fspath(checkpoint)
    if word.startswith(_ADDRESS):
        return _fetched(source_of(word), may_be_backbone=True)
    file = Path(word).expanduser()
    if os.path.isfile(file):  # False also where nobody may look
        return file
    if word == PACKAGED.stem and PACKAGED.is_file():
        return PACKAGED
    if entry := find_weights(word):
        return _fetched(source_of_weights(entry), may_be_backbone=entry.label_space is None)
    if os.path.isdir(file):
        raise UserError(f'{file} is a folder, expected a checkpoint file (.pth, .pt or .safetensors)')
    raise UserError(f'no checkpoint at {file}{_hint(word)}')


def _fetched(source: Source, may_be_backbone: bool) -> Path:
    try:
        return fetch(source)
    except DownloadError as error:
        if not may_be_backbone:
            raise
        raise DownloadError(
            f'{error} (a backbone can also start from scratch: --cfg-options model.backbone.init_cfg=None)'
        ) from error


def _hint(word: str) -> str:
    """Return what the person may have meant, if it looks like a name."""
    if os.path.basename(word) != word or Path(word).suffix in _SUFFIXES:
        return ''
    near = nearest_names(word)
    nearest = f'; the nearest are {", ".join(near)}' if near else ''
    return f', and no published weights of that name{nearest} (`facenext weights list` shows all)'
