"""Times of iterations by a clock that nobody sets."""

from __future__ import annotations

import time
from typing import Any

from mmengine.hooks import IterTimerHook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class MonotonicTimerHook(IterTimerHook):
    """mmengine's IterTimerHook without negative times after the computer's clock was set back."""

    def _before_epoch(self, runner: Runner, mode: str = 'train') -> None:
        super()._before_epoch(runner, mode)
        self._start = time.monotonic()

    def _before_iter(self, *args: Any, **kwargs: Any) -> None:
        self._set_begin()
        super()._before_iter(*args, **kwargs)

    def _after_iter(self, *args: Any, **kwargs: Any) -> None:
        self._set_begin()
        super()._after_iter(*args, **kwargs)
        self._start = time.monotonic()

    def _set_begin(self) -> None:
        """Set mmengine's begin so that its difference to the computer's clock is that of the monotonic one."""
        self.t = time.time() - (time.monotonic() - self._start)
