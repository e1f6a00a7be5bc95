"""torch.compile for segmentors and classifiers."""

import torch
from torch import nn


def compile_segmentor(model: nn.Module) -> None:
    """Compile backbone and head, whose shapes are static, at their first call.

    `forward` itself, because mmseg calls decode_head.forward() past the module's __call__.
    """
    for name in ('backbone', 'decode_head', 'head'):
        if module := getattr(model, name, None):
            module.forward = torch.compile(module.forward)
