"""Trained models for people's photos.

from mmseg_facenext import FaceParser
"""

from .face_parser import FaceParser
from .results import FaceParsing

__all__ = ['FaceParser', 'FaceParsing']
