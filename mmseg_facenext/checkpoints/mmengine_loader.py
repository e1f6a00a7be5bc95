"""mmengine's own loading, by which `init_cfg` of any module reads a file, goes through `read_checkpoint` as well.

By itself it executes what is in a file as soon as reading weights alone fails.
"""

from __future__ import annotations

from typing import Any

from mmengine.runner import CheckpointLoader

from .reading import read_checkpoint


@CheckpointLoader.register_scheme(prefixes=('', 'http://', 'https://'), force=True)
def load_from_file_or_web(filename: str, map_location: Any = None) -> dict[str, Any]:
    """The content of `filename`, as mmengine calls for it.

    Raises:
        UserError: see `read_checkpoint`.
    """
    return read_checkpoint(filename, map_location or 'cpu')
