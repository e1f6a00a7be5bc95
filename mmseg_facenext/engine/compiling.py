"""torch.compile for segmentors."""

import torch
from torch import nn


def compile_segmentor(model: nn.Module) -> None:
    """Has backbone and decode head, whose shapes are static, compiled when they are first called.

    `forward` itself, because mmseg calls decode_head.forward() past the module's __call__.
    """
    for module in (model.backbone, model.decode_head):
        module.forward = torch.compile(module.forward)
