"""The processes that load data, and their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.runner import Runner

OF_WORKERS = ('persistent_workers', 'prefetch_factor')
"""Settings of loading processes, which torch refuses where there are none."""


@contextmanager
def loading_ends(runner: Runner) -> Iterator[None]:
    """End the processes that load data at the end of the block.

    The garbage collector would do so too late: after the queues through which they are told, and each is waited for.
    """
    try:
        yield
    finally:
        for loop in (runner._train_loop, runner._val_loop, runner._test_loop):
            for name in ('dataloader', 'dataloader_iterator'):
                holder: Any = getattr(loop, name, None)
                if (iterator := getattr(holder, '_iterator', None)) is not None:
                    getattr(iterator, '_shutdown_workers', lambda: None)()
                    holder._iterator = None
