"""Trained models for people's photos.

from mmseg_facenext.apis import FaceParser
"""

from ..training_stack import TRAINING_STACK
from .face_parser import FaceParser
from .face_parsing import FaceParsing

__all__ = ['FaceParser', 'FaceParsing']

if TRAINING_STACK:
    from .building import build_segmentor
    from .overlay_hook import OverlayHook

    __all__ += ['OverlayHook', 'build_segmentor']
