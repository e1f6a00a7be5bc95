"""Files from the web into one cache: complete, verified, once per machine."""

from .cache import OFFLINE, Source, cache_folder, source_of, source_of_weights
from .fetching import DownloadError, fetch, in_cache

__all__ = [
    'OFFLINE',
    'DownloadError',
    'Source',
    'cache_folder',
    'fetch',
    'in_cache',
    'source_of',
    'source_of_weights',
]
