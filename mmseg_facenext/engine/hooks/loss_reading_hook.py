"""Read losses from the device only when they are logged."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import LoggerHook, RuntimeInfoHook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor

from .nan_guard_hook import checkpoint_is_due


@HOOKS.register_module()
class LossReadingHook(RuntimeInfoHook):
    """mmengine's RuntimeInfoHook without the synchronisation with the GPU in every iteration.

    The values of all iterations stay on the device until the logger writes, a checkpoint keeps the log's
    history, or training pauses; one transfer then fetches them all. The log is the same.
    """

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        self._unread: list[dict[str, Tensor]] = []
        self._intervals = [hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)]

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        values = {name: value for name, value in (outputs or {}).items() if isinstance(value, Tensor)}
        self._unread.append({name: value.detach().mean() for name, value in values.items()})
        rest = {name: value for name, value in (outputs or {}).items() if name not in values}
        super().after_train_iter(runner, batch_idx, data_batch, rest)
        if (
            any(self.every_n_inner_iters(batch_idx, interval) for interval in self._intervals)
            or self.end_of_epoch(runner.train_dataloader, batch_idx)
            or self.is_last_train_iter(runner)
            or checkpoint_is_due(runner)
        ):
            self._read(runner)

    def before_val(self, runner: Runner) -> None:
        if getattr(self, '_unread', None):
            self._read(runner)
        super().before_val(runner)

    def _read(self, runner: Runner) -> None:
        """Pass the values to the message hub in their order."""
        scalars = [value for values in self._unread for value in values.values()]
        if scalars:
            numbers = iter(torch.stack([scalar.float() for scalar in scalars]).tolist())
            for values in self._unread:
                for name in values:
                    runner.message_hub.update_scalar(f'train/{name}', next(numbers))
        self._unread.clear()
