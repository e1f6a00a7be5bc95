"""Let mmengine read checkpoints by our reader, which executes nothing that is in a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.runner import CheckpointLoader

from .reading import read_checkpoint


@contextmanager
def safe_loading() -> Iterator[None]:
    """Route mmengine's own loading, by which `init_cfg` of any module reads a file, through `read_checkpoint`.

    mmengine's loaders unpickle code. They are back in their places afterwards: other users of mmengine in the
    same process keep what they have.
    """
    schemes = CheckpointLoader._schemes
    CheckpointLoader._schemes = dict.fromkeys(schemes, _load)
    try:
        yield
    finally:
        CheckpointLoader._schemes = schemes


def _load(filename: str, map_location: Any = None) -> dict[str, Any]:
    """The content of `filename`, as mmengine calls for it.

    Raises:
        UserError: see `read_checkpoint`.
    """
    return read_checkpoint(filename, map_location or 'cpu')
