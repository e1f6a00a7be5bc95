from types import SimpleNamespace

import pytest

from mmseg_facenext.engine.hooks import TimeLimitHook
from mmseg_facenext.engine.hooks import time_limit_hook as module


def test_rates_rise_and_fall_with_the_time_and_the_training_ends(monkeypatch):
    now = SimpleNamespace(seconds=50.0)
    monkeypatch.setattr(module.time, 'monotonic', lambda: now.seconds)
    groups = [{'lr': 0.4}, {'lr': 0.1}]
    runner = SimpleNamespace(
        optim_wrapper=SimpleNamespace(param_groups=groups),
        train_loop=SimpleNamespace(_max_iters=10**9),
        iter=0,
    )
    hook = TimeLimitHook(seconds=100)
    hook.before_train(runner)
    rates = []
    for seconds in (2.5, 5.0, 50.0, 75.0, 101.0):
        now.seconds = 50 + seconds
        runner.iter += 10
        hook.before_train_iter(runner, 0)
        rates.append((groups[0]['lr'], groups[1]['lr']))
    assert rates[0] == pytest.approx((0.2, 0.05))  # half of the warm-up
    assert rates[1] == pytest.approx((0.38, 0.095))
    assert rates[2] == pytest.approx((0.2, 0.05))
    assert rates[3] == pytest.approx((0.1, 0.025))
    assert runner.train_loop._max_iters == runner.iter + 1  # this iteration is the last


def test_the_end_is_estimated_from_the_pace(monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(module.time, 'monotonic', lambda: now.seconds)
    runner = SimpleNamespace(
        optim_wrapper=SimpleNamespace(param_groups=[{'lr': 1.0}]),
        train_loop=SimpleNamespace(_max_iters=0),
        iter=0,
    )
    hook = TimeLimitHook(seconds=60)
    hook.before_train(runner)
    now.seconds, runner.iter = 15.0, 100
    hook.before_train_iter(runner, 0)
    assert runner.train_loop._max_iters == 400
