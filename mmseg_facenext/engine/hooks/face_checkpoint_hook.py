"""Remove outdated checkpoints only after the new one is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.hooks import CheckpointHook as UpstreamCheckpointHook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class FaceCheckpointHook(UpstreamCheckpointHook):
    """mmengine's CheckpointHook, which removes outdated files only after the new one is on the disk.

    Upstream removes first: a disk that is full then costs the best checkpoint.
    """

    file_backend: Any

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        with self._removing_afterwards():
            super()._save_checkpoint_with_step(runner, step, meta)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict[str, Any]) -> None:
        with self._removing_afterwards():
            super()._save_best_checkpoint(runner, metrics)

    @contextmanager
    def _removing_afterwards(self) -> Iterator[None]:
        backend = self.file_backend
        self.file_backend = _RemovingLater(backend)
        try:
            yield
            outdated = self.file_backend.outdated
        finally:
            self.file_backend = backend
        best = getattr(self, 'best_ckpt_path', None), *getattr(self, 'best_ckpt_path_dict', {}).values()
        written = {self.last_ckpt, *best}
        for path in outdated:
            if path not in written:
                backend.remove(path)


class _RemovingLater:
    """A file backend that records what to remove and removes nothing."""

    def __init__(self, backend: Any):
        self._backend = backend
        self.outdated: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self.outdated.append(path)
