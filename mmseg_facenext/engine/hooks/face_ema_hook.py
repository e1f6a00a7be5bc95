"""Moving average of the weights."""

from __future__ import annotations

from mmengine.hooks import EMAHook as MMEngineEMAHook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class FaceEMAHook(MMEngineEMAHook):
    """mmengine's hook, which validates and saves an exponential moving average of the weights.

    The average starts from the weights that training starts from, wherever they come from: mmengine's takes
    them out of the checkpoint by itself, and so knows nothing of prefixes and classifiers of other sizes.
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        if runner._resume:
            super().after_load_checkpoint(runner, checkpoint)

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        if not runner._resume:
            self.ema_model.module.load_state_dict(self.src_model.state_dict())
