"""Networks with one output for two classes, whose sigmoid is the probability of the second class."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def as_two_logits(logits: Tensor, threshold: float | None) -> Tensor:
    """Return (..., 1, h, w) of a network with one output as (..., 2, h, w), whose argmax is its label.

    A pixel is of class 1 where sigmoid(x) > t, which is where x - log(t / (1 - t)) > 0. Other logits stay as they are.

    Args:
        threshold: t, `threshold` of the decode head; mmseg's default is 0.3.
    """
    if logits.shape[-3] != 1:
        return logits
    share = min(max(0.3 if threshold is None else threshold, 1e-7), 1 - 1e-7)
    shifted = logits - math.log(share / (1 - share))
    return torch.cat([torch.zeros_like(shifted), shifted], dim=-3)


def threshold_of(model: nn.Module) -> float | None:
    """Return that of a segmentor's decode head (of the last one of a cascade)."""
    head = getattr(model, 'decode_head', None)
    return getattr(head[-1] if isinstance(head, nn.ModuleList) else head, 'threshold', None)
