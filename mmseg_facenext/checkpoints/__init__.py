"""Reading anybody's weights without running anybody's code."""

from .loading import LoadReport, load_checkpoint_into, load_weights
from .reading import read_checkpoint, state_dict_of

__all__ = ['LoadReport', 'load_checkpoint_into', 'load_weights', 'read_checkpoint', 'state_dict_of']
