"""GPU kernels, each beside its plain PyTorch twin."""

from .msca_operator import kernel_pays, msca

__all__ = ['kernel_pays', 'msca']
