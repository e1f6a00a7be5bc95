"""Parse videos: faces are followed, labels are steady in time, the sound is kept.

from mmseg_facenext.video import VideoParser, write_video
"""

from .video_parser import VideoParser
from .write_video import write_video

__all__ = ['VideoParser', 'write_video']
