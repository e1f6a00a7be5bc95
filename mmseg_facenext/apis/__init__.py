"""Trained models for people's photos.

from mmseg_facenext.apis import FaceParser
"""

from .building import build_segmentor
from .face_parser import FaceParser
from .face_parsing import FaceParsing
from .overlay_hook import OverlayHook

__all__ = ['FaceParser', 'FaceParsing', 'OverlayHook', 'build_segmentor']
