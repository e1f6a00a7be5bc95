"""Trained models for people's photos.

from mmseg_facenext.inference import FaceParser
"""

from ..utils.training_stack import TRAINING_STACK
from .face_parser import FaceParser
from .face_parsing import FaceParsing

__all__ = ['FaceParser', 'FaceParsing']

if TRAINING_STACK:
    from ..engine.hooks.overlay_hook import OverlayHook
    from .building import build_segmentor

    __all__ += ['OverlayHook', 'build_segmentor']
