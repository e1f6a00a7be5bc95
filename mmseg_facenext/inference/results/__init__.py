"""What the network said, on the pixels of the photo: labels, probabilities, pictures and files of them.

from mmseg_facenext.inference.results import FaceParsing
"""

from .face_parsing import FaceParsing

__all__ = ['FaceParsing']
