"""Log the memory of the process on machines without a GPU."""

from __future__ import annotations

import sys

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

try:
    import resource
except ImportError:  # Windows has no such module
    resource = None  # type: ignore[assignment]


@HOOKS.register_module()
class HostMemoryHook(Hook):
    """Logs `memory`, the peak resident memory of this process in MB, where mmengine has no GPU memory to log (not on
    Windows)."""

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        if resource and not torch.cuda.is_available():
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            bytes_per_unit = 1 if sys.platform == 'darwin' else 1024
            runner.message_hub.update_scalar('train/memory', peak * bytes_per_unit // 2**20)
