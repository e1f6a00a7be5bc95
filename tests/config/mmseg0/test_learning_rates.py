"""The rate of every iteration, against mmcv's formulas (LrUpdaterHook of 0.x and 1.x), with two groups."""

import math

import pytest
import torch
from mmengine.registry import PARAM_SCHEDULERS
from numpy.testing import assert_allclose
from torch import nn

from mmseg_facenext.config.mmseg0.schedule import Length, translate_lr
from mmseg_facenext.config.mmseg0.section import Report, Section

BASES = (6e-5, 6e-4)
ITERATIONS = 240
EPOCH = 10


def old_policy(cfg: dict, base: float, t: int, total: int) -> float:
    """`t` and `total` in what the policy counts."""
    kind = cfg['policy'].lower()
    if kind == 'fixed':
        return base
    if kind == 'poly':
        floor = cfg.get('min_lr', 0.0)
        return (base - floor) * (1 - t / total) ** cfg.get('power', 1.0) + floor
    if kind == 'cosineannealing':
        floor = base * cfg['min_lr_ratio'] if 'min_lr_ratio' in cfg else cfg['min_lr']
        return floor + 0.5 * (base - floor) * (math.cos(math.pi * t / total) + 1)
    if kind == 'exp':
        return base * cfg['gamma'] ** t
    if kind == 'inv':
        return base * (1 + cfg['gamma'] * t) ** -cfg.get('power', 1.0)
    step, gamma = cfg['step'], cfg.get('gamma', 0.1)
    times = t // step if isinstance(step, int) else len([s for s in step if s <= t])
    return max(base * gamma**times, cfg.get('min_lr', 0.0))


def old_rate(cfg: dict, base: float, t: int, length: Length) -> float:
    """The rate of iteration `t`, with epochs of `EPOCH` iterations."""
    by_epoch = cfg.get('by_epoch', length.by_epoch)
    if by_epoch:
        regular = old_policy(cfg, base, t // EPOCH, length.total)
    else:
        regular = old_policy(cfg, base, t, length.total * (EPOCH if length.by_epoch else 1))
    warm = cfg.get('warmup_iters', 0) * (EPOCH if cfg.get('warmup_by_epoch') else 1)
    if cfg.get('warmup') is None or t >= warm:
        return regular
    ratio = cfg.get('warmup_ratio', 0.1)
    if cfg['warmup'] == 'constant':
        return regular * ratio
    if cfg['warmup'] == 'linear':
        return regular * (1 - (1 - t / warm) * (1 - ratio))
    return regular * ratio ** (1 - t / warm)


def old_rates(cfg: dict, length: Length) -> list[list[float]]:
    return [[old_rate(cfg, base, t, length) for base in BASES] for t in range(ITERATIONS)]


def new_rates(cfg: dict, length: Length) -> list[list[float]]:
    """The rates of both groups at each iteration, stepped as mmengine's ParamSchedulerHook does."""
    report = Report()
    schedulers = translate_lr(Section({'lr_config': cfg}, '', report), length).get('param_scheduler', [])
    assert report.problems == []
    optimizer = torch.optim.SGD([dict(params=[nn.Parameter(torch.zeros(1))], lr=base) for base in BASES])
    built = [
        PARAM_SCHEDULERS.build(dict(s), default_args=dict(optimizer=optimizer, epoch_length=EPOCH))
        for s in schedulers
    ]
    rates = []
    for t in range(1, ITERATIONS + 1):
        rates.append([group['lr'] for group in optimizer.param_groups])
        optimizer.step()
        for scheduler in built:
            if not scheduler.by_epoch or t % EPOCH == 0:
                scheduler.step()
    return rates


POLICIES = [
    dict(policy='fixed'),
    dict(policy='poly', power=1.0, min_lr=0.0),
    dict(policy='poly', power=0.9, min_lr=1e-6),
    dict(policy='step', step=[8, 11]),
    dict(policy='step', step=[8, 11], gamma=0.5, min_lr=2e-5),
    dict(policy='Step', step=5, gamma=0.7),
    dict(policy='exp', gamma=0.995),
    dict(policy='inv', gamma=0.1, power=0.75),
    dict(policy='CosineAnnealing', min_lr=0.0),
    dict(policy='CosineAnnealing', min_lr=1e-6),
    dict(policy='CosineAnnealing', min_lr_ratio=0.01),
]
WARM_UPS = [
    dict(),
    dict(warmup='linear', warmup_iters=150, warmup_ratio=1e-6),
    dict(warmup='constant', warmup_iters=50, warmup_ratio=0.1),
    dict(warmup='exp', warmup_iters=50, warmup_ratio=0.001),
]
LENGTHS = [  # of the training, and what the policy counts
    (Length(ITERATIONS, by_epoch=False), dict(by_epoch=False)),
    (Length(ITERATIONS // EPOCH, by_epoch=True), dict(by_epoch=True)),
    (Length(ITERATIONS // EPOCH, by_epoch=True), dict(by_epoch=False)),
]


def name(value: object) -> str:
    return '-'.join(str(part) for part in value.values()) or 'none' if isinstance(value, dict) else ''


@pytest.mark.parametrize(('length', 'by_epoch'), LENGTHS, ids=['iters', 'epochs', 'iters_of_epochs'])
@pytest.mark.parametrize('warm_up', WARM_UPS, ids=name)
@pytest.mark.parametrize('policy', POLICIES, ids=name)
def test_rates(policy, warm_up, length, by_epoch):
    cfg = {**policy, **warm_up, **by_epoch}
    if 'step' in policy and not by_epoch['by_epoch']:
        cfg['step'] = [s * EPOCH for s in policy['step']] if isinstance(policy['step'], list) else 5 * EPOCH
    assert_allclose(new_rates(cfg, length), old_rates(cfg, length), rtol=1e-6, atol=1e-15)


def test_rates_of_the_published_schedule_worked_out_by_hand():
    length = Length(ITERATIONS, by_epoch=False)
    cfg = dict(policy='poly', warmup='linear', warmup_iters=150, warmup_ratio=1e-6, power=1.0, min_lr=0.0)
    rates = new_rates(cfg, length)
    assert rates[0] == pytest.approx([6e-11, 6e-10])
    assert rates[75] == pytest.approx([2.0625021e-5, 2.0625021e-4], rel=1e-7)  # 0.6875 * 0.5000005
    assert rates[150] == pytest.approx([6e-5 * 90 / 240, 6e-4 * 90 / 240])
    assert rates[239] == pytest.approx([6e-5 / 240, 6e-4 / 240])


def test_a_warm_up_in_epochs():
    length = Length(ITERATIONS // EPOCH, by_epoch=True)
    cfg = dict(
        policy='poly',
        power=0.9,
        min_lr=1e-6,
        warmup='linear',
        warmup_iters=3,
        warmup_ratio=0.01,
        warmup_by_epoch=True,
    )
    assert_allclose(new_rates(cfg, length), old_rates(cfg, length), rtol=1e-6)


@pytest.mark.parametrize(
    ('cfg', 'message'),
    [
        (dict(policy='OneCycle', max_lr=1), 'lr_config.policy'),
        (dict(policy='poly', by_epoch=True), 'lr_config.by_epoch'),
        (dict(policy='poly', warmup='linear', warmup_iters=2, warmup_by_epoch=True), 'warmup_by_epoch'),
        (dict(policy='poly', warmup='slow', warmup_iters=2), "'slow', expected constant, linear, exp"),
        (dict(policy='poly', warmup='linear'), 'lr_config.warmup_iters'),
        (dict(policy='poly', warmup='linear', warmup_iters=5, warmup_ratio=2), 'lr_config.warmup_ratio'),
        (dict(policy='poly', gamma=0.1), 'lr_config.gamma'),
        (dict(policy='step'), 'lr_config.step'),
        (dict(policy='exp'), 'exp needs gamma'),
    ],
)
def test_what_has_no_counterpart(cfg, message):
    report = Report()
    assert translate_lr(Section({'lr_config': cfg}, '', report), Length(10, by_epoch=False)) == {}
    assert len(report.problems) == 1
    assert message in report.problems[0]
