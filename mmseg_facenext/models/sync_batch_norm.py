"""SyncBN that also trains where there is nothing to synchronise."""

from __future__ import annotations

from mmengine.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module('SyncBN', force=True)
class SyncBatchNorm(nn.SyncBatchNorm):
    """torch's SyncBatchNorm on GPUs, plain BatchNorm on every other device.

    torch's refuses CPU tensors in training, so that published configs (all of which ask for SyncBN)
    could not be tried without a GPU. Parameters, statistics and state-dict keys are those of BatchNorm.
    On CPU processes each one normalises with the statistics of its own part of the batch.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) -> the same shape."""
        if x.is_cuda:
            return super().forward(x)
        return nn.BatchNorm2d.forward(self, x)
