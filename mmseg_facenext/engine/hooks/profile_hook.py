"""Where the time of training goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch.profiler import ProfilerActivity, profile, schedule

from ...utils.atomic import atomic_path

SHOWN = 10
TRACE = 'profile_trace.json'


@HOOKS.register_module()
class ProfileHook(Hook):
    """Profiles a few iterations of the first process: a trace in the log folder, the largest items in the log.

    The trace opens in https://ui.perfetto.dev or chrome://tracing.

    Args:
        skip: iterations before, in which kernels are compiled and chosen.
        iterations: how many are profiled. Training goes on after them.
    """

    priority = 'VERY_LOW'  # what the other hooks do after an iteration belongs to it

    def __init__(self, skip: int = 10, iterations: int = 5) -> None:
        self.skip, self.iterations = skip, iterations
        self._profile: profile | None = None

    def before_train(self, runner: Runner) -> None:
        if runner.max_iters - runner.iter < self.skip + self.iterations:
            runner.logger.warning(
                f'ProfileHook: nothing is profiled, for that takes {self.skip + self.iterations} iterations and '
                f'this training has {runner.max_iters - runner.iter}'
            )
            return
        if not is_main_process():
            return
        gpu = torch.cuda.is_available()
        if not gpu:
            os.environ.setdefault('KINETO_LOG_LEVEL', '99')  # its complaint that there is no GPU
        self._profile = profile(
            activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if gpu else [])],
            schedule=schedule(
                wait=max(0, self.skip - 1), warmup=min(1, self.skip), active=self.iterations, repeat=1
            ),
            on_trace_ready=lambda done: self._report(runner, done),
        )
        self._profile.start()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict | None = None
    ) -> None:
        if self._profile is not None:
            self._profile.step()

    def after_train(self, runner: Runner) -> None:
        if self._profile is not None:
            self._profile.stop()
            self._profile = None

    def _report(self, runner: Runner, done: profile) -> None:
        trace = Path(runner._log_dir, TRACE)
        try:
            with atomic_path(trace) as temporary:
                done.export_chrome_trace(str(temporary))
            kept = f'Trace: {trace}'
        except OSError as error:  # the training is worth more than its profile
            kept = f'The trace cannot be written: {error}'
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
        table = done.key_averages().table(sort_by=f'self_{device}_time_total', row_limit=SHOWN)
        runner.logger.info(
            f'Profile of {self.iterations} iterations, the {SHOWN} largest items:\n{table}\n{kept}'
        )
