"""A procedural portrait painter: one module per thing that is drawn, `scene.py` puts them together."""

from .painting.canvas import Part
from .scene.photographs import Photographs
from .scene.scene import GROUPS, draw_face, draw_portrait

__all__ = ['GROUPS', 'Part', 'Photographs', 'draw_face', 'draw_portrait']
