"""A metric of your own: how well the borders between classes are met.

    val_evaluator = [dict(type='FaceMetric', iou_metrics=['mIoU']), dict(type='BoundaryF1', tolerance=2)]
    test_evaluator = val_evaluator

Run this file to score a square that is found one pixel too far to the right:

    python docs/examples/own_metric.py
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.evaluator import BaseMetric
from mmseg.registry import METRICS
from torch import Tensor


@METRICS.register_module()
class BoundaryF1(BaseMetric):
    """F1 of the pixels on the borders of classes, in percent.

    Reference: Csurka et al., "What is a good evaluation measure for semantic segmentation?", BMVC 2013. A border pixel
    of the prediction is right if one of the labels lies within `tolerance` (precision), and the other way round
    (recall). The score is the mean over photos of the mean over the classes that occur in labels or prediction.

    Args:
        tolerance: pixels, counted along rows and columns.
        ignore_index: label of pixels that are not counted.
    """

    default_prefix = 'boundary'

    def __init__(self, tolerance: int = 2, ignore_index: int = 255):
        super().__init__()
        self.tolerance = tolerance
        self.ignore_index = ignore_index

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score each photo; `self.results` travels between processes."""
        for sample in data_samples:
            labels = sample['gt_sem_seg']['data'].squeeze(0)
            prediction = sample['pred_sem_seg']['data'].squeeze(0).to(labels.device)
            prediction = torch.where(labels == self.ignore_index, labels, prediction)
            self.results.append(self._score(prediction, labels))

    def _score(self, prediction: Tensor, labels: Tensor) -> float:
        """Mean F1 (0 to 1) of two label maps (H, W)."""
        found = torch.cat([prediction.unique(), labels.unique()]).unique()
        scores = []
        for label in found[found != self.ignore_index]:
            ours, true = border(prediction == label), border(labels == label)
            precision = (ours & self._near(true)).sum() / ours.sum().clamp(min=1)
            recall = (true & self._near(ours)).sum() / true.sum().clamp(min=1)
            scores.append(2 * precision * recall / (precision + recall).clamp(min=1e-9))
        return float(torch.stack(scores).mean()) if scores else 1.0

    def _near(self, mask: Tensor) -> Tensor:
        return grow(mask, self.tolerance)

    def compute_metrics(self, results: list[float]) -> dict[str, float]:
        """The mean over all photos of all processes."""
        return {'F1': 100 * sum(results) / len(results)}


def grow(mask: Tensor, pixels: int) -> Tensor:
    """bool (H, W): what lies within that many pixels of the mask."""
    side = 2 * pixels + 1
    return F.max_pool2d(mask.float()[None, None], side, stride=1, padding=pixels)[0, 0].bool()


def border(mask: Tensor) -> Tensor:
    """bool (H, W): pixels of the mask that touch something else; the edge of the photo is no border."""
    return mask & grow(~mask, 1)


if __name__ == '__main__':
    labels, prediction = torch.zeros(2, 1, 32, 32, dtype=torch.long)
    labels[:, 8:24, 8:24] = 1
    prediction[:, 8:24, 9:25] = 1
    for tolerance in (0, 1):
        metric = METRICS.build(dict(type='BoundaryF1', tolerance=tolerance))
        metric.process(None, [dict(gt_sem_seg=dict(data=labels), pred_sem_seg=dict(data=prediction))])
        print(f'tolerance {tolerance}: {metric.evaluate(size=1)}')
