"""`runner`, `optimizer`, `optimizer_config`, `fp16` and `lr_config` -> loop, `optim_wrapper`, `param_scheduler`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .legacy_lr import WARM_UPS
from .section import Section

FP16_HOOKS = ('Fp16OptimizerHook', 'GradientCumulativeFp16OptimizerHook')
CUMULATIVE_HOOKS = ('GradientCumulativeOptimizerHook', 'GradientCumulativeFp16OptimizerHook')
OPTIMIZER_HOOKS = ('OptimizerHook', *FP16_HOOKS, *CUMULATIVE_HOOKS)
MMCV_LOSS_SCALE = 512.0
# What mmcv's policies need and what they take besides.
ARGUMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    'fixed': ((), ()),
    'step': ((), ('step', 'gamma', 'min_lr')),
    'exp': (('gamma',), ()),
    'inv': (('gamma',), ('power',)),
    'poly': ((), ('power', 'min_lr')),
    'cosineannealing': ((), ('min_lr', 'min_lr_ratio')),
}
LASTING = ('poly', 'cosineannealing')
"""Policies that depend on the length of the training."""


@dataclass
class Length:
    """How long a training is, and what it counts."""

    total: int
    by_epoch: bool


def translate_runner(top: Section) -> Length | None:
    """Return the length of the training; None where the config trains nothing."""
    lengths = {}
    if top.values.get('runner') is not None:
        runner = top.part('runner')
        kind, unit = runner.take('type', 'EpochBasedRunner'), 'epochs'
        if kind == 'IterBasedRunner':
            unit = 'iters'
        elif kind != 'EpochBasedRunner':
            runner.problem('type', f'{kind!r}, expected IterBasedRunner or EpochBasedRunner')
        lengths['runner'] = (unit, runner.take(f'max_{unit}'))
        runner.close()
    else:
        top.take('runner')
    for unit in ('iters', 'epochs'):
        if (total := top.take(f'total_{unit}')) is not None:
            lengths[f'total_{unit}'] = (unit, total)
    if not lengths:
        return None
    if len(set(lengths.values())) > 1:
        top.problem(' and '.join(lengths), 'they give the training different lengths')
    (source, (unit, total)) = next(iter(lengths.items()))
    if not isinstance(total, int) or total < 1:
        top.problem(source, f'expected a number of {unit}, got {total!r}')
        total = 1
    top.note(source, f'train_cfg: {total} {"epochs" if unit == "epochs" else "iterations"}')
    return Length(total, unit == 'epochs')


def translate_optimizer(top: Section, backbone: str) -> dict[str, Any]:
    """`optim_wrapper`; empty where there is no optimizer."""
    hook, fp16 = top.part('optimizer_config'), top.take('fp16')
    if top.values.get('optimizer') is None:
        top.take('optimizer')
        return {}
    optimizer = top.part('optimizer')
    outer = optimizer.take_all('constructor', 'paramwise_cfg')
    if 'type' not in optimizer.values:
        optimizer.problem('type', 'missing')
    _drop_idle_keys(optimizer, outer.get('paramwise_cfg'), backbone)
    wrapper: dict[str, Any] = dict(type='OptimWrapper', optimizer=optimizer.values, **outer)
    top.note(
        'optimizer', 'optim_wrapper.optimizer' + (', .paramwise_cfg' if 'paramwise_cfg' in outer else '')
    )
    _translate_optimizer_hook(hook, wrapper)
    if fp16 is not None and wrapper['type'] == 'OptimWrapper' and (part := top.child(fp16, 'fp16')).values:
        _mix_precision(part, wrapper)
        part.close()
    return dict(optim_wrapper=wrapper)


def _drop_idle_keys(optimizer: Section, paramwise_cfg: dict[str, Any] | None, backbone: str) -> None:
    keys = (paramwise_cfg or {}).get('custom_keys') or {}
    if backbone == 'MSCAN' and 'pos_block' in keys:
        del keys['pos_block']
        optimizer.note('paramwise_cfg.custom_keys.pos_block', 'left out: MSCAN has no parameter of that name')


def _translate_optimizer_hook(hook: Section, wrapper: dict[str, Any]) -> None:
    kind = hook.take('type', 'OptimizerHook')
    if kind not in OPTIMIZER_HOOKS:
        hook.problem('type', f'{kind!r}, expected one of {", ".join(dict.fromkeys(OPTIMIZER_HOOKS))}')
    if clip := hook.take('grad_clip'):
        wrapper['clip_grad'] = clip
        hook.note('grad_clip', 'optim_wrapper.clip_grad')
    if kind in CUMULATIVE_HOOKS:
        wrapper['accumulative_counts'] = hook.take('cumulative_iters', 1)
        hook.note('cumulative_iters', f'optim_wrapper.accumulative_counts={wrapper["accumulative_counts"]}')
    if kind in FP16_HOOKS:
        _mix_precision(hook, wrapper)
    if not hook.values.get('detect_anomalous_params', True):
        hook.take('detect_anomalous_params')
    hook.close()


def _mix_precision(settings: Section, wrapper: dict[str, Any]) -> None:
    wrapper.update(type='AmpOptimWrapper', loss_scale=settings.take('loss_scale', MMCV_LOSS_SCALE))
    if settings.take_all('coalesce', 'bucket_size_mb', 'distributed'):
        settings.note('coalesce, bucket_size_mb, distributed', 'left out: DDP reduces gradients by itself')
    settings.note('loss_scale', f"optim_wrapper: 'AmpOptimWrapper', loss_scale={wrapper['loss_scale']!r}")


@dataclass
class Rate:
    """An old learning rate: a policy, in epochs or iterations, and the settings of a warm-up, if there is one."""

    policy: str
    arguments: dict[str, Any]
    by_epoch: bool
    warm_up: dict[str, Any]
    length: Length

    @property
    def floor(self) -> float:
        return self.arguments.get('min_lr') or self.arguments.get('min_lr_ratio') or 0.0


def translate_lr(top: Section, length: Length) -> dict[str, Any]:
    """`param_scheduler`: mmengine's schedulers where their product is exactly the old rate, else `LegacyLR`."""
    if top.values.get('lr_config') is None:
        top.take('lr_config')
        return {}
    rate = _read_rate(top.part('lr_config'), length)
    if rate is None:
        return {}
    schedulers = _chain(rate)
    if schedulers is None:
        schedulers = [_in_closed_form(rate)]
    top.report.note('lr_config -> param_scheduler: ' + (', '.join(s['type'] for s in schedulers) or 'none'))
    return dict(param_scheduler=schedulers)


def _read_rate(lr: Section, length: Length) -> Rate | None:
    """None where the report holds the reason."""
    before = len(lr.report.problems)
    name = lr.take('policy', 'fixed')
    by_epoch = lr.take('by_epoch', length.by_epoch)
    warm_up = _read_warm_up(lr)
    policy = str(name).lower()  # mmcv takes 'poly' and 'Poly', 'CosineAnnealing' only so
    if policy not in ARGUMENTS:
        lr.problem('policy', f'{name!r}; known are {", ".join(ARGUMENTS)}')
    elif by_epoch and not length.by_epoch:
        lr.problem('by_epoch', 'the old engine never changed the rate by epochs in a training by iterations')
    elif warm_up.get('warmup_by_epoch') and not length.by_epoch:
        lr.problem('warmup_by_epoch', 'there are no epochs in a training by iterations')
    needed, optional = ARGUMENTS.get(policy, ((), tuple(lr.values)))
    arguments = lr.take_all(*needed, *optional)
    if missing := [key for key in needed if arguments.get(key) is None]:
        lr.problem('policy', f'{name} needs {", ".join(missing)}')
    if policy == 'step' and not _are_steps(arguments.get('step')):
        lr.problem('step', f'expected a number or a list of numbers, got {arguments.get("step")!r}')
    lr.close()
    return None if len(lr.report.problems) > before else Rate(policy, arguments, by_epoch, warm_up, length)


def _are_steps(step: Any) -> bool:
    steps = step if isinstance(step, list | tuple) else [step]
    return all(isinstance(one, int) and one > 0 for one in steps)


def _read_warm_up(lr: Section) -> dict[str, Any]:
    """Return the settings of the warm-up, with mmcv's defaults; empty without one."""
    given = lr.take_all('warmup', 'warmup_iters', 'warmup_ratio', 'warmup_by_epoch')
    if given.get('warmup') is None:
        return {}
    settings = {'warmup_iters': 0, 'warmup_ratio': 0.1, **given}
    if settings['warmup'] not in WARM_UPS:
        lr.problem('warmup', f'{settings["warmup"]!r}, expected {", ".join(WARM_UPS)}')
    if not settings['warmup_iters'] > 0:
        lr.problem('warmup_iters', f'expected a number above 0, got {settings["warmup_iters"]}')
    if not 0 < settings['warmup_ratio'] <= 1:
        lr.problem('warmup_ratio', f'expected a number above 0, at most 1, got {settings["warmup_ratio"]}')
    return settings


def _chain(rate: Rate) -> list[dict[str, Any]] | None:
    """Schedulers whose product is the old rate; None if there are none.

    mmengine applies each scheduler to the result of the one before it: a floor would be scaled by the warm-up,
    or taken off before it. It reaches an end value one step before `end`, hence the ones that are added.
    """
    kind = rate.warm_up.get('warmup')
    if kind == 'exp' or rate.warm_up.get('warmup_by_epoch') or (kind and rate.floor):
        return None
    if rate.policy in LASTING and rate.by_epoch != rate.length.by_epoch:
        return None  # how many iterations an epoch has is known only when the data is there
    main = _policy_scheduler(rate)
    if main is None:
        return None
    schedulers = [dict(main, by_epoch=rate.by_epoch, begin=0, end=rate.length.total + 1)] if main else []
    if main and rate.by_epoch != rate.length.by_epoch:
        del schedulers[0]['end']  # the training's, which counts otherwise
    if kind:
        ratio = rate.warm_up['warmup_ratio']
        warm_up = (
            dict(type='LinearLR', start_factor=ratio)
            if kind == 'linear'
            else dict(type='ConstantLR', factor=ratio)
        )
        warm_up.update(by_epoch=False, begin=0, end=rate.warm_up['warmup_iters'] + 1)
        schedulers.insert(0, warm_up)
    return schedulers


def _policy_scheduler(rate: Rate) -> dict[str, Any] | None:
    """mmengine's counterpart of a policy, empty for a fixed rate; None if it has none."""
    given = rate.arguments
    if rate.policy == 'poly':
        return dict(type='PolyLR', power=given.get('power', 1.0), eta_min=given.get('min_lr') or 0.0)
    if rate.policy == 'cosineannealing':
        floor = dict(eta_min_ratio=rate.floor) if given.get('min_lr_ratio') else dict(eta_min=rate.floor)
        return dict(type='CosineAnnealingLR', T_max=rate.length.total, **floor)
    if rate.floor or rate.policy == 'inv':
        return None
    if rate.policy == 'exp':
        return dict(type='ExponentialLR', gamma=given['gamma'])
    if rate.policy == 'step':
        step = given['step']
        kind, key = ('StepLR', 'step_size') if isinstance(step, int) else ('MultiStepLR', 'milestones')
        return {'type': kind, key: step, 'gamma': given.get('gamma', 0.1)}
    return {}


def _in_closed_form(rate: Rate) -> dict[str, Any]:
    scheduler = dict(
        type='LegacyLR', policy=rate.policy, total=rate.length.total, **rate.arguments, **rate.warm_up
    )
    if rate.length.by_epoch:
        return dict(scheduler, policy_by_epoch=rate.by_epoch, by_epoch=True, convert_to_iter_based=True)
    return dict(scheduler, by_epoch=False)
