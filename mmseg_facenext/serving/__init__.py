"""A page in the browser, and an HTTP call, that parse photos.

from mmseg_facenext.serving import create_app, Limits
"""

from .app import create_app
from .limits import Limits

__all__ = ['Limits', 'create_app']
