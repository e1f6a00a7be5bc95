"""Training and testing: config reading, launching, the runner and its hooks."""

from . import bf16_optim_wrapper, hooks, rare_class_sampler

__all__ = ['bf16_optim_wrapper', 'hooks', 'rare_class_sampler']
