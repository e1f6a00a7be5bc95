"""SyncBN for GPUs and for CPU processes.

Shapes: x (B, C, H, W); n = B*H*W values per channel in this process, N in all processes.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from mmengine.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class FaceSyncBN(nn.modules.batchnorm._BatchNorm):
    """BatchNorm with the statistics of the batches of all processes.

    On GPUs it runs torch's own SyncBatchNorm. That class refuses CPU tensors, and DDP on a CPU
    refuses models that contain it, so that published configs (all ask for SyncBN) could not be trained there:
    here CPU processes exchange their statistics too, and every process holds the same running statistics. In one
    process it is plain BatchNorm. Parameters, buffers and state-dict keys are those of BatchNorm.
    """

    process_group: Any = None

    @classmethod
    def convert(cls, module: nn.Module) -> nn.Module:
        """Turn every torch.nn.SyncBatchNorm in `module`, in place, into one that CPU processes can train."""
        for part in module.modules():
            if isinstance(part, nn.SyncBatchNorm):
                part.__class__ = cls
        return module

    _check_input_dim = nn.SyncBatchNorm._check_input_dim
    _check_non_zero_input_channels = nn.SyncBatchNorm._check_non_zero_input_channels

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) -> the same shape and dtype."""
        if x.is_cuda:
            return nn.SyncBatchNorm.forward(self, x)
        if not (self.training and dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(x)
        normalised, mean, variance, count = _NormaliseOverProcesses.apply(x.float(), self.eps)
        if count == 1:
            raise ValueError(
                f'SyncBN needs more than one value per channel in training, got {tuple(x.shape)}'
            )
        if self.track_running_stats:
            self._track(mean, variance * count / (count - 1))
        if self.affine:
            shape = [-1, *[1] * (x.dim() - 2)]
            normalised = normalised * self.weight.view(shape) + self.bias.view(shape)
        return normalised.to(x.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        momentum = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(unbiased_variance, momentum)


class _NormaliseOverProcesses(torch.autograd.Function):
    """(x - mean) / sqrt(variance + eps) per channel, mean and variance over all processes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        pixels = [0, *range(2, x.dim())]
        variance, mean = torch.var_mean(x, pixels, correction=0)
        here = torch.cat([mean, variance, x.new_tensor([x.numel() / x.shape[1]])])
        everywhere = here.new_empty(dist.get_world_size(), len(here))
        dist.all_gather(list(everywhere.unbind()), here)
        means, variances, counts = everywhere.split([len(mean), len(mean), 1], dim=1)
        count = counts.sum()
        # Pooling means and variances keeps the digits that sums of squares would lose.
        mean = (means * counts).sum(0) / count
        variance = ((variances + (means - mean) ** 2) * counts).sum(0) / count
        shape = [-1, *[1] * (x.dim() - 2)]
        deviation = (variance + eps).rsqrt().view(shape)
        normalised = (x - mean.view(shape)) * deviation
        ctx.save_for_backward(normalised, deviation, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return normalised, mean, variance, count

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, None]:
        normalised, deviation, count = ctx.saved_tensors
        pixels = [0, *range(2, grad.dim())]
        sums = torch.stack([grad.sum(pixels), (grad * normalised).sum(pixels)])
        dist.all_reduce(sums)
        shape = deviation.shape
        grad_mean, grad_product = ((s / count).view(shape) for s in sums)
        return deviation * (grad - grad_mean - normalised * grad_product), None
