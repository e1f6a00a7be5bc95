import time
from types import SimpleNamespace

from mmengine.logging import MessageHub

from mmseg_facenext.engine.hooks import MonotonicTimerHook


def test_a_clock_set_back_gives_no_negative_times(monkeypatch):
    clock, set_back = time.time, 0.0
    monkeypatch.setattr(time, 'time', lambda: clock() - set_back)
    hub = MessageHub('clock')
    runner = SimpleNamespace(message_hub=hub, iter=0, max_iters=10)
    hook = MonotonicTimerHook()
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    set_back = 3600.0
    hook.before_train_iter(runner, 0)
    set_back = 7200.0
    hook.after_train_iter(runner, 0)
    for name in ('train/data_time', 'train/time'):
        assert 0 <= hub.get_scalar(name).current() < 60
    assert hub.get_info('eta') >= 0
