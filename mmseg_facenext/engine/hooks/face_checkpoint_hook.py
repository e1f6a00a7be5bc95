"""Save a training so that it goes on as if it had never stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook as UpstreamCheckpointHook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from .stop_hook import updated

STOPPED_FILE = 'stopped.pth'


@HOOKS.register_module()
class FaceCheckpointHook(UpstreamCheckpointHook):
    """mmengine's CheckpointHook, with two differences.

    Outdated files are removed only after the new one is on the disk; upstream removes first, and a disk that is full
    then costs the best checkpoint.

    A checkpoint is written only after an update: gradients that wait for those of further iterations (`--accumulate`)
    are not in it. One that is due between two updates is written after the next.
    """

    file_backend: Any
    last_ckpt: str | None
    _postponed = False

    def every_n_train_iters(self, runner: Runner, n: int, start: int = 0) -> bool:
        """Tell whether one was due since the last update, or training stops now."""
        if getattr(runner, 'stopping', 0):
            return True
        if n <= 0 or not updated(runner):
            return False
        done = runner.iter + 1 - start
        before = max(done - _iterations_per_update(runner), 0 if start == 0 else -1)
        return done >= 0 and done // n > before // n

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        super().after_train_iter(runner, *args, **kwargs)
        if self.by_epoch and getattr(runner, 'stopping', 0):
            self.save_now(runner, runner.iter + 1)
        elif self._postponed and updated(runner):
            self._postponed = False
            self._save_checkpoint_with_step(
                runner, runner.epoch, dict(epoch=runner.epoch, iter=runner.iter + 1)
            )

    def save_now(self, runner: Runner, iteration: int) -> None:
        """Save the state after that many iterations, wherever in an epoch, unless that was just done."""
        meta = dict(epoch=runner.epoch, iter=iteration)
        if not self.by_epoch:
            if self.last_ckpt is None or Path(self.last_ckpt).name != self.filename_tmpl.format(iteration):
                self._save_checkpoint_with_step(runner, iteration, meta)
            return
        runner.save_checkpoint(self.out_dir, STOPPED_FILE, meta=meta, by_epoch=True)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, STOPPED_FILE)
        if is_main_process():
            Path(runner.work_dir, 'last_checkpoint').write_text(self.last_ckpt)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        if not updated(runner):
            self._postponed = self.by_epoch
            return
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


def _iterations_per_update(runner: Runner) -> int:
    return getattr(runner.optim_wrapper, '_accumulative_counts', 1)


class _RemovingLater:
    """A file backend that records what to remove and removes nothing."""

    def __init__(self, backend: Any):
        self._backend = backend
        self.outdated: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self.outdated.append(path)
