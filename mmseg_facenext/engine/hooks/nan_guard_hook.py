"""Stop training at a NaN or infinite loss or weight, before a checkpoint is written."""

from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import CheckpointHook, Hook
from mmengine.optim import AmpOptimWrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor

from ...errors import UserError

NEVER = torch.iinfo(torch.int64).max


@HOOKS.register_module()
class NanGuardHook(Hook):
    """End training with a `UserError` after a NaN or infinite loss, on all processes at once.

    Every loss of every iteration is looked at, on the device: reading the answer there and then would make
    the host wait for the GPU. It is read (and shared between processes, whose losses differ) every
    `interval` iterations, and always before validation and before a checkpoint is written. By then the
    optimizer may have spoiled the weights, so before a checkpoint the weights are looked at as well: a
    gradient can overflow in the very iteration whose loss was still finite. Checkpoints on disk stay good.
    Overflowed gradients that a `GradScaler` skips spoil no weight and are no error.

    Args:
        interval: Iterations between readings.
    """

    priority = 'LOW'  # after the logger, which shows the loss; before CheckpointHook, which keeps weights

    def __init__(self, interval: int = 50) -> None:
        self.interval = interval
        self._first_bad: dict[str, Tensor] = {}  # loss -> int64 scalar on its device, NEVER while all is well
        self._training = False

    def before_train(self, runner: Runner) -> None:
        self._first_bad, self._training = {}, True

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: dict[str, Tensor] | None = None
    ) -> None:
        iteration = runner.iter + 1  # as the log counts
        for name, value in (outputs or {}).items():
            if 'loss' in name:
                self._note(name, value, iteration)
        if checkpoint_is_due(runner):
            self._check_losses(runner)
            self._check_weights(runner, iteration)
        elif self.every_n_train_iters(runner, self.interval):
            self._check_losses(runner)

    def before_val(self, runner: Runner) -> None:
        if self._training:  # a validation may write the best checkpoint
            self._check_losses(runner)
            self._check_weights(runner, runner.iter)

    def after_train_epoch(self, runner: Runner) -> None:
        self._check_losses(runner)  # CheckpointHook by epoch writes now
        self._check_weights(runner, runner.iter)

    def after_train(self, runner: Runner) -> None:
        self._training = False

    def _note(self, name: str, value: Tensor, iteration: int) -> None:
        first = self._first_bad.get(name)
        if first is None:
            first = torch.full((), NEVER, dtype=torch.int64, device=value.device)
        good = value.detach().isfinite().all()
        self._first_bad[name] = torch.where(good, first, first.clamp(max=iteration))

    def _check_losses(self, runner: Runner) -> None:
        if not self._first_bad:
            return
        names = sorted(self._first_bad)
        firsts = torch.stack([self._first_bad[name] for name in names])
        all_reduce(firsts, op='min')
        when = dict(zip(names, firsts.tolist(), strict=True))
        if min(when.values()) == NEVER:
            return
        iteration = min(when.values())
        bad = [name for name in names if when[name] == iteration]
        # The total is the sum of the others: it says nothing new unless it is the only one.
        parts = [name for name in bad if name != 'loss'] or bad
        raise UserError(
            f'NaN or infinite loss ({", ".join(parts)}) at iteration {iteration}. {_remedy(runner)}'
        )

    def _check_weights(self, runner: Runner, iteration: int) -> None:
        floats = [t for t in runner.model.state_dict().values() if t.is_floating_point()]
        bad = torch.stack([~t.isfinite().all() for t in floats]).any().long()
        all_reduce(bad, op='max')
        if bad:
            raise UserError(
                f'NaN or infinite weights after iteration {iteration}, whose losses were finite: a gradient '
                f'overflowed. {_remedy(runner)}'
            )


def checkpoint_is_due(runner: Runner) -> bool:
    """Tell whether a checkpoint is written after the present iteration."""
    return bool(getattr(runner, 'stopping', 0)) or any(
        hook.every_n_train_iters(runner, hook.interval, hook.save_begin)
        or (hook.save_last and hook.is_last_train_iter(runner))
        for hook in runner.hooks
        if isinstance(hook, CheckpointHook) and not hook.by_epoch
    )


def _remedy(runner: Runner) -> str:
    pointer = Path(runner.work_dir) / 'last_checkpoint'
    slower = 'with a lower learning rate, --cfg-options optim_wrapper.optimizer.lr=...'
    if not pointer.exists():
        return f'Training stopped before its first checkpoint was written: start again {slower}'
    last = pointer.read_text().strip()
    # Resuming would restore the learning rate as well, so a lower one starts from the weights alone.
    ways = f'start from it {slower} --load-from {last}'
    if isinstance(runner.optim_wrapper, AmpOptimWrapper):
        ways = f'go on with --resume --amp bf16, or {ways}'
    return f'Training stopped; the last good checkpoint is kept: {last}; {ways}'
