"""Let mmengine read checkpoints by our reader, which executes nothing that is in a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.runner import CheckpointLoader

from .key_maps import translate_keys
from .reading import holds_weights, read_content, state_dict_of

_OF_CLASSIFIERS = 'mmcls://'
_BACKBONE = 'backbone.'


@contextmanager
def safe_loading() -> Iterator[None]:
    """Route mmengine's own loading, by which `init_cfg` of any module reads a file, through our reader.

    That holds for plain paths and for every scheme (`torchvision://`, `open-mmlab://`, `s3://`, ...). mmengine's
    loaders unpickle code. They are back in their places afterwards: other users of mmengine in the same process
    keep what they have.
    """
    schemes = CheckpointLoader._schemes
    CheckpointLoader._schemes = dict.fromkeys(schemes, _load)
    try:
        yield
    finally:
        CheckpointLoader._schemes = schemes


def _load(filename: str, map_location: Any = None) -> Any:
    """Return the content of `filename` as mmengine calls for it: weights under `state_dict` or by themselves.

    Names of SegNeXt, SegNeXt-FaceParser and SegFace are translated; other weights keep theirs. As in mmengine, weights
    of `mmcls://` are those of the backbone only.

    Raises:
        UserError: see `read_checkpoint`.
    """
    content = read_content(filename, map_location or 'cpu')
    if not holds_weights(content):
        return content
    found = state_dict_of(content)
    if filename.startswith(_OF_CLASSIFIERS):
        bare = {k.removeprefix(_BACKBONE): v for k, v in found.items() if k.startswith(_BACKBONE)}
        return {'state_dict': bare}
    weights = translate_keys(found)
    plain = 'state_dict' in content or found.keys() <= content.keys()
    if plain and weights.keys() == found.keys():
        return content
    return {**content, 'state_dict': weights}
