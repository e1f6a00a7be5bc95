"""Losses of mmseg that do not do what their arguments say, mended in a model that is built.

Upstream (mmsegmentation 1.2.2): `CrossEntropyLoss(class_weight=..., avg_non_ignore=True)` indexes a selection of the
labels by all of them; with `use_sigmoid` it multiplies the weights of classes along the width of the picture;
`FocalLoss` on a CPU picks one column of the one-hot labels where it means all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.losses import CrossEntropyLoss, FocalLoss
from mmseg.models.losses.utils import weight_reduce_loss
from torch import Tensor, nn

from ...errors import UserError

TINY = torch.finfo(torch.float32).eps


def mend_losses(model: nn.Module) -> None:
    """Mend the losses of all decode heads in `model`, and check that they fit the classes.

    Raises:
        UserError: there are not as many class weights as classes, or one output is compared by softmax, which learns
            nothing.
    """
    for head, loss in _losses(model):
        weights = getattr(loss, 'class_weight', None)
        _check(type(head).__name__, loss, head.num_classes, head.out_channels, weights)
        if isinstance(loss, FocalLoss):
            loss.register_forward_pre_hook(_one_hot, with_kwargs=True)
        elif isinstance(loss, CrossEntropyLoss) and loss.use_sigmoid:
            loss.cls_criterion = _sigmoid
        elif isinstance(loss, CrossEntropyLoss) and weights is not None and not loss.use_mask:
            loss.cls_criterion = _weighted_softmax


def _losses(model: nn.Module) -> Iterator[tuple[BaseDecodeHead, nn.Module]]:
    for head in model.modules():
        if isinstance(head, BaseDecodeHead):
            losses = head.loss_decode
            yield from ((head, loss) for loss in (losses if isinstance(losses, nn.ModuleList) else [losses]))


def _check(head: str, loss: nn.Module, classes: int, outputs: int, weights: Any) -> None:
    kind = type(loss).__name__
    if weights is not None and len(weights) != classes:
        raise UserError(
            f'{kind} of {head} has {len(weights)} class weights for {classes} classes (num_classes): give '
            'class_weight one number for each'
        )
    if outputs == 1 and isinstance(loss, CrossEntropyLoss) and not loss.use_sigmoid:
        raise UserError(
            f'{head} has one output for two classes (out_channels=1), of which the softmax is always 1: set '
            'loss_decode.use_sigmoid=True, or leave out_channels out'
        )


def _weighted_softmax(
    pred: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    *,
    class_weight: Tensor,
    reduction: str = 'mean',
    avg_factor: float | None = None,
    ignore_index: int = -100,
    **_: Any,
) -> Tensor:
    """Cross entropy; its mean is over the weights of the pixels that count, as that of torch's `CrossEntropyLoss`.

    pred (B, C, H, W), label (B, H, W), weight of pixels (B, H, W), class_weight (C,).
    """
    loss = F.cross_entropy(pred, label, class_weight, reduction='none', ignore_index=ignore_index)
    if avg_factor is None and reduction == 'mean':
        avg_factor = _of_pixels(label, class_weight, ignore_index).sum().clamp(min=TINY)
    return weight_reduce_loss(loss, None if weight is None else weight.float(), reduction, avg_factor)


def _sigmoid(
    pred: Tensor,
    label: Tensor,
    weight: Tensor | None = None,
    class_weight: Tensor | None = None,
    reduction: str = 'mean',
    avg_factor: float | None = None,
    ignore_index: int = -100,
    avg_non_ignore: bool = False,
    **_: Any,
) -> Tensor:
    """Binary cross entropy of each output; a class weight counts the pixels of that class so many times.

    pred (B, C, H, W) or (B, 1, H, W) for two classes, label (B, H, W).
    """
    counted = (label != ignore_index).float()
    pixels = counted if weight is None else counted * weight
    one_output = pred.shape[1] == 1
    if one_output and class_weight is not None:
        pixels = pixels * _of_pixels(label, class_weight, ignore_index)
    loss = F.binary_cross_entropy_with_logits(
        pred,
        _indicators(label, pred.shape[1]),
        pos_weight=None if one_output or class_weight is None else class_weight.view(-1, 1, 1),
        reduction='none',
    )
    each = pixels.unsqueeze(1).expand_as(pred)
    if avg_factor is None and reduction == 'mean' and avg_non_ignore:
        avg_factor = (counted.sum() * pred.shape[1]).clamp(min=1)
    return weight_reduce_loss(loss, each, reduction, avg_factor)


def _of_pixels(label: Tensor, class_weight: Tensor, ignore_index: int) -> Tensor:
    """Return the weight of each pixel's class, (B, H, W); 0 where it is ignored."""
    counted = label != ignore_index
    return class_weight[torch.where(counted, label, 0)] * counted


def _indicators(label: Tensor, classes: int) -> Tensor:
    """Return float (B, C, H, W): 1 where a pixel is of a class; of one output, of class 1."""
    ids = torch.arange(classes, device=label.device) if classes > 1 else torch.ones(1, device=label.device)
    return (label.unsqueeze(1) == ids[:, None, None]).float()


def _one_hot(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Give FocalLoss indicators instead of ids, and the pixels that count as weights (N,)."""
    pred, label = args
    if label.shape == pred.shape or pred.is_cuda:  # mmcv's kernel takes ids
        return args, kwargs
    counted = (label != kwargs.get('ignore_index', 255)).float()
    weight = kwargs.get('weight')
    pixels = (counted if weight is None else counted * weight).reshape(-1, 1)
    return (pred, _indicators(label, pred.shape[1])), {**kwargs, 'weight': pixels}
