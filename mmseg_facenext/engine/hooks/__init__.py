from .channels_last_hook import ChannelsLastHook
from .checkpoint_hook import CheckpointHook
from .ema_hook import EMAHook
from .host_memory_hook import HostMemoryHook
from .loss_reading_hook import LossReadingHook
from .mix_style_hook import MixStyleHook
from .nan_guard_hook import NanGuardHook
from .one_model_hook import OneModelHook
from .profile_hook import ProfileHook
from .report_hook import ReportHook

__all__ = [
    'ChannelsLastHook',
    'CheckpointHook',
    'EMAHook',
    'HostMemoryHook',
    'LossReadingHook',
    'MixStyleHook',
    'NanGuardHook',
    'OneModelHook',
    'ProfileHook',
    'ReportHook',
]
