"""A procedural portrait painter: one module per thing that is drawn, `scene.py` puts them together."""

from .canvas import Part
from .photographs import Photographs
from .scene import draw_face, draw_portrait

__all__ = ['Part', 'Photographs', 'draw_face', 'draw_portrait']
