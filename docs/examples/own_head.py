"""A decode head of your own: a module that turns feature maps into a logit for each class and pixel.

    model = dict(decode_head=dict(
        _delete_=True, type='SumHead', in_channels=[16, 32, 64, 96], in_index=[0, 1, 2, 3], channels=64, num_classes=19,
        loss_decode=[dict(type='CrossEntropyLoss'), dict(type='ClassDiceLoss')],
    ))

Run this file to see logits and losses of random features:

    python docs/examples/own_head.py
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mmseg_facenext.models.decode_heads.face_decode_head import FaceDecodeHead


@MODELS.register_module()
class SumHead(FaceDecodeHead):
    """Bring every level to the same channels and size, add them, classify each pixel.

    `FaceDecodeHead` is mmseg's `BaseDecodeHead`: it picks the levels (`in_index`), has the classifier (`cls_seg`)
    and compares the logits with the labels (`loss_decode`).

    Args:
        kwargs: those of `BaseDecodeHead`: `in_channels`, `in_index`, `channels`, `num_classes`, `loss_decode`, ...
    """

    def __init__(self, **kwargs: Any):
        super().__init__(input_transform='multiple_select', **kwargs)
        self.projections = nn.ModuleList(nn.Conv2d(width, self.channels, 1) for width in self.in_channels)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Maps of the backbone -> logits (B, num_classes, h, w) at the size of the first level."""
        levels = self._transform_inputs(inputs)
        size = levels[0].shape[2:]
        total = sum(
            F.interpolate(projection(level), size, mode='bilinear')
            for projection, level in zip(self.projections, levels, strict=True)
        )
        return self.cls_seg(F.relu(total))


if __name__ == '__main__':
    head = MODELS.build(
        dict(type='SumHead', in_channels=[16, 32], in_index=[0, 1], channels=8, num_classes=5)
    )
    logits = head([torch.rand(2, 16, 32, 24), torch.rand(2, 32, 16, 12)])
    print(tuple(logits.shape))
    labels = SegDataSample(gt_sem_seg=PixelData(data=torch.randint(0, 5, (1, 128, 96))))
    print({name: f'{value.item():.2f}' for name, value in head.loss_by_feat(logits, [labels] * 2).items()})
