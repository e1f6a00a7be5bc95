"""Train by the clock."""

from __future__ import annotations

import time

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class TimeLimitHook(Hook):
    """Lower the learning rates with the time to zero, and end the training when the time is over.

    The limit counts from the first iteration; the first twentieth of it warms up. The config has no schedule of
    its own then, and a number of iterations that is never reached.

    Args:
        seconds: of the training.
    """

    priority = 'VERY_LOW'

    def __init__(self, seconds: float):
        self.seconds = seconds

    def before_train(self, runner: Runner) -> None:
        self.started = time.monotonic()
        self.rates = [group['lr'] for group in runner.optim_wrapper.param_groups]

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        passed = (time.monotonic() - self.started) / self.seconds
        factor = max(0.001, min(20 * passed, 1 - passed))
        for group, rate in zip(runner.optim_wrapper.param_groups, self.rates, strict=True):
            group['lr'] = factor * rate
        estimate = round(runner.iter * (1 - passed) / passed) if runner.iter else 1000  # for the log
        left = 1 if passed >= 1 else max(2, estimate)
        runner.train_loop._max_iters = runner.iter + left
