"""Reading anybody's weights without running anybody's code."""

from .class_names import class_disagreement
from .loading import LoadReport, load_checkpoint_into, load_weights
from .locating import locate_checkpoint
from .mismatch import MismatchError
from .reading import read_checkpoint, state_dict_of

__all__ = [
    'LoadReport',
    'MismatchError',
    'class_disagreement',
    'load_checkpoint_into',
    'load_weights',
    'locate_checkpoint',
    'read_checkpoint',
    'state_dict_of',
]
