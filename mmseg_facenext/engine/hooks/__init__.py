from .checkpoint_hook import CheckpointHook
from .ema_hook import EMAHook
from .host_memory_hook import HostMemoryHook
from .loss_reading_hook import LossReadingHook
from .nan_guard_hook import NanGuardHook
from .one_model_hook import OneModelHook
from .profile_hook import ProfileHook
from .report_hook import ReportHook

__all__ = [
    'CheckpointHook',
    'EMAHook',
    'HostMemoryHook',
    'LossReadingHook',
    'NanGuardHook',
    'OneModelHook',
    'ProfileHook',
    'ReportHook',
]
