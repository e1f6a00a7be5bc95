"""Batches of several sizes in one training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from ...errors import UserError


@MODELS.register_module()
class RandomBatchResize(nn.Module):
    """Resize whole batches, photos and labels, to a random size; for `batch_augments` of the preprocessor.

    The larger side of the batch becomes the drawn number, the other follows; each process draws by itself.

    Args:
        sizes: sides to draw from, in pixels, above 0.

    Raises:
        UserError: there are no sizes, or they are no positive numbers.
    """

    def __init__(self, sizes: Sequence[int]):
        super().__init__()
        if not sizes or min(sizes) < 1:
            raise UserError(f'RandomBatchResize needs sizes=(pixels, ...), each above 0, got {sizes}')
        self.sizes = tuple(sizes)

    def forward(
        self, inputs: Tensor, data_samples: list[SegDataSample]
    ) -> tuple[Tensor, list[SegDataSample]]:
        """Photos (B, 3, H, W), normalised, and samples with `gt_sem_seg` (1, H, W) -> the same at the new size."""
        height, width = inputs.shape[2:]
        side = self.sizes[int(torch.randint(len(self.sizes), ()))]
        factor = side / max(height, width)
        size = (round(height * factor), round(width * factor))
        if size == (height, width):
            return inputs, data_samples
        inputs = F.interpolate(inputs, size, mode='bilinear', align_corners=False, antialias=factor < 1)
        labels = torch.stack([sample.gt_sem_seg.data for sample in data_samples])
        resized = F.interpolate(labels.float(), size, mode='nearest-exact').to(labels.dtype)
        for sample, label_map in zip(data_samples, resized, strict=True):
            # A new object: PixelData keeps the size that it was made with.
            sample.gt_sem_seg = PixelData(data=label_map)
            sample.set_metainfo({'img_shape': size, 'pad_shape': size})
        return inputs, data_samples
