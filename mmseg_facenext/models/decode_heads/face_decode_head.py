"""The base class of our decode heads."""

from __future__ import annotations

import torch.nn.functional as F
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor, nn

from ..segmentors.one_output import as_two_logits


class FaceDecodeHead(BaseDecodeHead):
    """mmseg's base class, whose losses do not synchronise host and device.

    Upstream counts the pixels that are not ignored by picking them out, whose number the host has to know.
    """

    def loss_by_feat(self, seg_logits: Tensor, batch_data_samples: list) -> dict[str, Tensor]:
        """Return the losses by name, and `acc_seg`, the pixel accuracy in percent, for the log.

        Args:
            seg_logits: (B, num_classes or 1, h, w); enlarged to the size of the labels.
            batch_data_samples: B samples with `gt_sem_seg`, (1, H, W).
        """
        labels = self._stack_batch_gt(batch_data_samples)  # (B, 1, H, W)
        seg_logits = F.interpolate(
            seg_logits, labels.shape[2:], mode='bilinear', align_corners=self.align_corners
        )
        weight = self.sampler.sample(seg_logits, labels) if self.sampler is not None else None
        labels = labels.squeeze(1).long()  # uint8 where the data preprocessor is not ours
        losses: dict[str, Tensor] = {}
        functions = self.loss_decode if isinstance(self.loss_decode, nn.ModuleList) else [self.loss_decode]
        for function in functions:
            value = function(seg_logits, labels, weight=weight, ignore_index=self.ignore_index)
            name = function.loss_name
            losses[name] = losses[name] + value if name in losses else value
        logits = as_two_logits(seg_logits.detach(), self.threshold)
        return {**losses, 'acc_seg': pixel_accuracy(logits, labels, self.ignore_index)}


def pixel_accuracy(logits: Tensor, labels: Tensor, ignore_index: int) -> Tensor:
    """Return the accuracy over the pixels that are not ignored, in percent, (1,); 0 where all are ignored.

    logits (B, K, H, W), labels (B, H, W).
    """
    counted = labels != ignore_index
    right = (logits.argmax(1) == labels) & counted
    return 100.0 * right.sum().reshape(1) / counted.sum().clamp(min=1)
