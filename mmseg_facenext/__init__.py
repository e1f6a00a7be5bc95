"""Face parsing on mmsegmentation: importing this package registers all of its modules with mmseg."""

__version__ = '0.1.0'
