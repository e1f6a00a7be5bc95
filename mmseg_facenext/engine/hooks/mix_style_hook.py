"""MixStyle: mix the feature statistics of the photos in a batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor, nn

from ...errors import UserError


@HOOKS.register_module()
class MixStyleHook(Hook):
    """Mix means and deviations of feature maps between the photos of a batch, in training only.

    Reference: Zhou et al., "Domain Generalization with MixStyle", ICLR 2021, https://arxiv.org/abs/2104.02008. The
    network and its weights stay what they are: the mixing happens behind the named layers.

    Args:
        layers: names of modules whose outputs (B, C, H, W) are mixed, such as 'backbone.patch_embed1'.
        prob: probability that a batch is mixed, 0 to 1.
        alpha: of the Beta(alpha, alpha) distribution of the shares; smaller ones mix less often half and half.

    Raises:
        UserError: an argument makes no sense; when the training starts, that the model has no such layer.
    """

    def __init__(self, layers: Sequence[str], prob: float = 0.5, alpha: float = 0.1):
        if not 0 <= prob <= 1 or alpha <= 0:
            raise UserError(
                f'MixStyleHook needs prob from 0 to 1 and alpha above 0, got prob={prob}, alpha={alpha}'
            )
        self.layers = tuple(layers)
        self.prob = prob
        self.alpha = alpha
        self._handles: list = []

    def before_train(self, runner: Runner) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        modules = dict(model.named_modules())
        if missing := [name for name in self.layers if name not in modules]:
            raise UserError(f'MixStyleHook: the model has no layer {missing[0]}')
        self._handles = [modules[name].register_forward_hook(self._mix) for name in self.layers]

    def after_train(self, runner: Runner) -> None:
        for handle in self._handles:
            handle.remove()

    def _mix(self, module: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        if not module.training or output.shape[0] < 2 or torch.rand(()) >= self.prob:
            return output
        B = output.shape[0]
        share = torch.distributions.Beta(self.alpha, self.alpha).sample((B, 1, 1, 1)).to(output)
        return mix_styles(output, torch.randperm(B, device=output.device), share)


def mix_styles(x: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """Maps (B, C, H, W) whose means and deviations over H and W are mixed with those of other ones of the batch.

    Args:
        other: (B,), from which each takes its part.
        share: (B, 1, 1, 1), how much stays its own, 0 to 1.
    """
    mean = x.detach().mean((2, 3), keepdim=True)  # (B, C, 1, 1)
    std = (x.detach().var((2, 3), keepdim=True) + 1e-6).sqrt()
    new_mean = share * mean + (1 - share) * mean[other]
    new_std = share * std + (1 - share) * std[other]
    return (x - mean) / std * new_std + new_mean
