"""The inference form of trained models."""

from . import fused_msca_block  # noqa: F401, registers what it replaces
from .fusion import fuse, replaces

__all__ = ['fuse', 'replaces']
