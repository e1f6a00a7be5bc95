"""Every process validates the model that rank 0 saves."""

from __future__ import annotations

from mmengine.dist import broadcast
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class OneModelHook(Hook):
    """Broadcast the buffers of rank 0 to all processes before a validation.

    Plain BatchNorm keeps the running statistics of its own process; validated with these, the scores would
    not be those of the checkpoint, which holds rank 0's.
    """

    def before_val_epoch(self, runner: Runner) -> None:
        for buffer in runner.model.buffers():
            broadcast(buffer)
