"""Dice loss as the mean over classes, so that small classes count as much as large ones."""

from __future__ import annotations

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class ClassDiceLoss(nn.Module):
    """Mean over classes of 1 - (2 sum(p g) + s) / (sum(p^2) + sum(g^2) + s).

    p are the softmax probabilities of a class and g its 0/1 labels; the sums go over all pixels of this
    process's batch that are not ignored, s is `smooth`. This is the Dice term of SegFace (Kartik-3004/SegFace) after
    Milletari et al., "V-Net", 2016. mmseg's own DiceLoss sums over all classes at once, so that the
    background decides it, and its `ignore_index` leaves out a class instead of pixels.

    Args:
        smooth: s, keeps a class that is absent from the batch finite (its term is then near 0 or 1,
            depending on whether it is predicted).
        loss_weight: factor of this term.
        loss_name: its name in the log; terms that start with `loss` are summed up and trained.
    """

    def __init__(self, smooth: float = 1e-5, loss_weight: float = 1.0, loss_name: str = 'loss_dice'):
        super().__init__()
        self.smooth = smooth
        self.loss_weight = loss_weight
        self.loss_name = loss_name

    def forward(
        self, logits: Tensor, labels: Tensor, weight: Tensor | None = None, ignore_index: int = 255
    ) -> Tensor:
        """Return a scalar.

        Args:
            logits: (B, C, H, W), float; C is 1 where one output (its sigmoid) tells two classes apart.
            labels: (B, H, W), integer class ids or `ignore_index`.
            weight: (B, H, W), how much each pixel counts; None counts all the same.
        """
        counts = (labels != ignore_index).float()
        if weight is not None:
            counts = counts * weight
        counts = counts.unsqueeze(1)
        if logits.shape[1] == 1:
            logits = torch.cat(
                [torch.zeros_like(logits), logits], dim=1
            )  # softmax(0, x) = 1 - sigmoid(x), sigmoid(x)
        # (B, C, H, W); an ignored pixel is of no class
        probabilities = logits.float().softmax(dim=1)
        classes = torch.arange(logits.shape[1], device=labels.device)
        truth = labels.unsqueeze(1) == classes[:, None, None]
        over = (0, 2, 3)
        overlap = (probabilities * truth * counts).sum(over)
        size = (probabilities.square() * counts).sum(over) + (truth * counts).sum(over)
        dice = (2 * overlap + self.smooth) / (size + self.smooth)
        return self.loss_weight * (1 - dice).mean()
