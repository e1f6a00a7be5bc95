"""From logits at the network's size to labels at the photo's size, on any device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...upsampled_labels import source_rows, strips


def labels_at(logits: Tensor, size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """The class of the largest of (C, h, w) logits after bilinear resizing to `size`: uint8 (H, W).

    The same as `F.interpolate(logits, size).argmax(0)`, up to the rounding of logits that differ in their last
    bit, but never are all classes there at the size H x W: see `upsampled_labels`.
    """
    height, width = size
    upper, lower, weight = (
        torch.from_numpy(array).to(logits.device)
        for array in source_rows(logits.shape[1], height, align_corners)
    )
    labels = torch.zeros(size, dtype=torch.uint8, device=logits.device)
    for rows in strips(height, width):
        source = logits[:, upper[rows]].float(), logits[:, lower[rows]].float()
        narrow = torch.lerp(*source, weight[rows, None])  # (C, rows, w)
        strip = F.interpolate(
            narrow[None], (narrow.shape[1], width), mode='bilinear', align_corners=align_corners
        )[0]
        best = strip[0]
        for label, logit in enumerate(strip[1:], start=1):
            labels[rows].masked_fill_(logit > best, label)
            best = torch.maximum(best, logit)
    return labels
