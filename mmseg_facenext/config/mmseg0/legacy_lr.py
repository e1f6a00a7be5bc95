"""Learning rates of mmcv 0.x and 1.x that no chain of mmengine's schedulers reproduces exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mmengine.optim.scheduler.param_scheduler import _ParamScheduler
from mmengine.registry import PARAM_SCHEDULERS

INF = 10**9


def step_factor(progress: int, total: int, step: int | list[int], gamma: float = 0.1) -> float:
    passed = progress // step if isinstance(step, int) else sum(progress >= milestone for milestone in step)
    return gamma**passed


def exp_factor(progress: int, total: int, gamma: float) -> float:
    return gamma**progress


def inv_factor(progress: int, total: int, gamma: float, power: float = 1.0) -> float:
    return (1 + gamma * progress) ** -power


def poly_factor(progress: int, total: int, power: float = 1.0) -> float:
    return max(0.0, 1 - progress / total) ** power


def cosine_factor(progress: int, total: int) -> float:
    return (1 + math.cos(math.pi * progress / total)) / 2


FACTORS: dict[str, Callable[..., float]] = {
    'fixed': lambda progress, total: 1.0,
    'step': step_factor,
    'exp': exp_factor,
    'inv': inv_factor,
    'poly': poly_factor,
    'cosineannealing': cosine_factor,
}
WARM_UPS: dict[
    str, Callable[[float, float], float]
] = {  # of the part that is done, and the ratio at its start
    'constant': lambda done, ratio: ratio,
    'linear': lambda done, ratio: 1 - (1 - done) * (1 - ratio),
    'exp': lambda done, ratio: ratio ** (1 - done),
}


@PARAM_SCHEDULERS.register_module()
class LegacyLR(_ParamScheduler):
    """The learning rate of mmcv's `LrUpdaterHook`: warm-up(t) * policy(t), with a floor under the policy only.

    mmengine's schedulers are applied to one another's results, so that a floor (`min_lr`) would be mixed up
    with the warm-up; this one computes every iteration's rate from the rates in the config. Per group of
    parameters, with its base rate b:

        policy(t) = floor + (b - floor) * factor(t)         poly and cosineannealing
        policy(t) = max(floor, b * factor(t))               the others

    Args:
        optimizer: whose groups' `lr` is set.
        policy: 'fixed', 'step' (`step`, `gamma`), 'exp' (`gamma`), 'inv' (`gamma`, `power`), 'poly' (`power`)
            or 'cosineannealing'.
        total: length of the training, in epochs with `policy_by_epoch` or `count_epochs`, else iterations.
        min_lr: the floor, for all groups alike.
        min_lr_ratio: the floor as a part of each group's base rate.
        warmup: None, 'constant', 'linear' or 'exp'.
        warmup_iters: length of the warm-up in iterations, or in epochs with `warmup_by_epoch`.
        warmup_ratio: factor of its first iteration, 0 to 1.
        policy_by_epoch: t of the policy counts epochs; the warm-up always goes by iterations.
        epoch_length: iterations in an epoch; mmengine fills it in with `convert_to_iter_based=True`.
        arguments: those of the policy.

    Raises:
        ValueError: an unknown policy or warm-up.
        TypeError: arguments that the policy does not take.

    Reference: `mmcv/runner/hooks/lr_updater.py` of https://github.com/open-mmlab/mmcv, versions 0.x and 1.x.
    """

    def __init__(
        self,
        optimizer: Any,
        policy: str,
        total: int,
        min_lr: float | None = None,
        min_lr_ratio: float | None = None,
        warmup: str | None = None,
        warmup_iters: int = 0,
        warmup_ratio: float = 0.1,
        warmup_by_epoch: bool = False,
        policy_by_epoch: bool = False,
        epoch_length: int = 1,
        end: int = INF,
        last_step: int = -1,
        by_epoch: bool = False,
        verbose: bool = False,
        **arguments: Any,
    ) -> None:
        if by_epoch:
            raise ValueError(
                'LegacyLR goes by iterations: set convert_to_iter_based=True in a training by epoch'
            )
        if policy not in FACTORS or (warmup is not None and warmup not in WARM_UPS):
            raise ValueError(
                f'LegacyLR knows the policies {", ".join(FACTORS)} and the warm-ups {", ".join(WARM_UPS)}, '
                f'got {policy!r} and {warmup!r}'
            )
        self.policy, self.total, self.arguments = policy, total, arguments
        self.min_lr, self.min_lr_ratio = min_lr, min_lr_ratio
        self.warmup, self.warmup_ratio = warmup, warmup_ratio
        self.warmup_iters = warmup_iters * epoch_length if warmup_by_epoch else warmup_iters
        self.policy_by_epoch, self.epoch_length = policy_by_epoch, epoch_length
        super().__init__(optimizer, 'lr', 0, end, last_step, by_epoch=False, verbose=verbose)

    @classmethod
    def build_iter_from_epoch(
        cls, optimizer: Any, policy: str, total: int, epoch_length: int, by_epoch: bool = True, **kwargs: Any
    ) -> LegacyLR:
        """mmengine calls it for `convert_to_iter_based=True`: `total` is in epochs then."""
        kwargs.pop('end', None)  # the end of the training, by mmengine's default
        if not kwargs.get('policy_by_epoch'):
            total = total * epoch_length
        return cls(optimizer, policy, total, epoch_length=epoch_length, **kwargs)

    def _get_value(self) -> list[float]:
        return [self._warm_up() * self._regular(base) for base in self.base_values]

    def _warm_up(self) -> float:
        if self.warmup is None or self.last_step >= self.warmup_iters:
            return 1.0
        return WARM_UPS[self.warmup](self.last_step / self.warmup_iters, self.warmup_ratio)

    def _regular(self, base: float) -> float:
        progress = self.last_step // self.epoch_length if self.policy_by_epoch else self.last_step
        factor = FACTORS[self.policy](progress, self.total, **self.arguments)
        floor = base * self.min_lr_ratio if self.min_lr_ratio is not None else self.min_lr
        if self.policy in ('poly', 'cosineannealing'):
            floor = floor or 0.0
            return floor + (base - floor) * factor
        return base * factor if floor is None else max(floor, base * factor)
