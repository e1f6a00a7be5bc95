from .channels_last_hook import ChannelsLastHook
from .face_checkpoint_hook import FaceCheckpointHook
from .face_ema_hook import FaceEMAHook
from .host_memory_hook import HostMemoryHook
from .loss_reading_hook import LossReadingHook
from .mix_style_hook import MixStyleHook
from .monotonic_timer_hook import MonotonicTimerHook
from .nan_guard_hook import NanGuardHook
from .one_model_hook import OneModelHook
from .overlay_hook import OverlayHook
from .report_hook import ReportHook
from .seed_hook import SeedHook
from .stop_hook import StopHook
from .time_limit_hook import TimeLimitHook

__all__ = [
    'ChannelsLastHook',
    'FaceCheckpointHook',
    'FaceEMAHook',
    'HostMemoryHook',
    'LossReadingHook',
    'MixStyleHook',
    'MonotonicTimerHook',
    'NanGuardHook',
    'OneModelHook',
    'OverlayHook',
    'ReportHook',
    'SeedHook',
    'StopHook',
    'TimeLimitHook',
]
