"""Find the faces of a photo, each with its place, size and angle.

from mmseg_facenext.inference.detection import CenterFace, faces_of
"""

from .centerface import CenterFace
from .face_square import FaceSquare
from .found_face import Detector, FoundFace, faces_of, turned_points

__all__ = ['CenterFace', 'Detector', 'FaceSquare', 'FoundFace', 'faces_of', 'turned_points']
