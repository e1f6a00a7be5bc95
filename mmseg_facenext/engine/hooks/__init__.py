from .checkpoint_hook import CheckpointHook
from .host_memory_hook import HostMemoryHook
from .nan_guard_hook import NanGuardHook
from .one_model_hook import OneModelHook
from .report_hook import ReportHook

__all__ = ['CheckpointHook', 'HostMemoryHook', 'NanGuardHook', 'OneModelHook', 'ReportHook']
