"""Exported models, run without PyTorch: NumPy, OpenCV, and ONNX Runtime or OpenVINO are all that is imported.

from mmseg_facenext.runtimes import load_runtime
"""

from .loading import SUFFIXES, is_exported, load_runtime
from .metadata import Metadata
from .resize_rule import ResizeRule
from .runtime import Runtime

__all__ = ['SUFFIXES', 'Metadata', 'ResizeRule', 'Runtime', 'is_exported', 'load_runtime']
