"""Stop training and validation when a signal asks for it."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import EMAHook, Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class StopHook(Hook):
    """Agree with the other processes, after each iteration, whether to stop; set `runner.stopping`, a signal or 0.

    `FaceRunner` registers it. The checkpoint hook then saves, whatever its interval, and the runner leaves. With
    gradients of several iterations for one update, a stop waits for the update. A validation is left at once.
    """

    priority = 'HIGHEST'  # before those that prepare for a checkpoint

    def before_train(self, runner: Runner) -> None:
        self._validates_alike = True
        if number := runner.stop_request.join():
            runner.leave(number)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        number = runner.stop_request.agreed()
        runner.stopping = number if updated(runner) else 0

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        in_training = hasattr(self, '_validates_alike')
        sampler = runner.val_dataloader.sampler
        if in_training and getattr(
            sampler, 'round_up', False
        ):  # else processes may have other numbers of batches
            number = runner.stop_request.agreed()
            if number and updated(runner):
                for hook in runner.hooks:
                    if isinstance(hook, EMAHook):  # which has put the averages in the place of the weights
                        hook.after_val_epoch(runner)
                runner.save_now(runner.iter)
                runner.leave(number)


def updated(runner: Runner) -> bool:
    """Tell whether the last iteration ended in an update: no gradients wait for more of them."""
    return getattr(runner.optim_wrapper, 'should_update', lambda: True)()
