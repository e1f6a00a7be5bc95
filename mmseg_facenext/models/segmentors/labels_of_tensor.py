"""From logits at the network's size to labels at the photo's size, on any device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...utils.upsampled_labels import labels_of_array, source_rows, strips

PIXELS_PER_STRIP = 2**20  # of one class: enough for a GPU to be busy, 80 MB with 19 classes


def labels_of_tensor(logits: Tensor, size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """Return the class of the largest of (C, h, w) logits after bilinear resizing to `size`: uint8 (H, W).

    The same as `F.interpolate(logits, size).argmax(0)`, up to the rounding of coordinates (of pure noise, 2 in
    100,000 pixels), but never are all classes there at the size H x W: see `upsampled_labels`.
    """
    if logits.device.type == 'cpu' and not align_corners:
        # Without torch's threads, which wait for each other after each of thousands of small steps.
        return torch.from_numpy(labels_of_array(logits.float().numpy(), size))
    return labels_by_torch(logits, size, align_corners)


def labels_by_torch(logits: Tensor, size: tuple[int, int], align_corners: bool) -> Tensor:
    """`labels_of_tensor` on the device of the logits."""
    height, width = size
    upper, lower, weight = (
        torch.from_numpy(array).to(logits.device)
        for array in source_rows(logits.shape[1], height, align_corners)
    )
    labels = torch.zeros(size, dtype=torch.uint8, device=logits.device)
    for rows in strips(height, width, PIXELS_PER_STRIP):
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
