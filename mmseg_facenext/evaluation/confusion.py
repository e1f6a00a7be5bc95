"""Compute scores from label maps by way of one (C, C) confusion matrix.

The matrix is all that is needed: it adds up over pixels, images and processes, so a score of a whole data
set is exact however the images were spread. Notation below, for a class c and a matrix M of counts with
labels in rows and predictions in columns:

    TP = M[c, c]        L = M[c, :].sum() labelled pixels        P = M[:, c].sum() predicted pixels
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


def confusion_matrix(pred: Tensor, label: Tensor, num_classes: int, ignore_index: int) -> Tensor:
    """Count the pixels of every (label, prediction) pair, on the device of `pred`.

    Args:
        pred: Predicted class ids in [0, num_classes), integer, any shape.
        label: True class ids of the same shape, on the same device; each is in [0, num_classes) or
            `ignore_index`, whose pixels are not counted.

    Returns:
        int64 (C, C): labels in rows, predictions in columns.
    """
    counted = label != ignore_index
    # Ignored pixels go to one spare bin: selecting the others would cost a copy of both maps.
    pair = torch.where(counted, label.long() * num_classes + pred.long(), num_classes**2)
    # Integer counts without weights do not depend on the order of additions, so this is deterministic.
    counts = torch.bincount(pair.flatten(), minlength=num_classes**2 + 1)
    return counts[:-1].view(num_classes, num_classes)


@dataclass(frozen=True)
class Scores:
    """Scores per class, float64 (C,) in [0, 1] on the CPU; NaN where a score is not defined (0 / 0).

    A class that is in neither labels nor predictions has no scores and does not enter a mean. A class that
    is predicted but never labelled has IoU and F1 of 0 (its accuracy is not defined). Upstream mmseg's
    `nanmean` follows the same convention for IoU, Dice, accuracy and precision. Its mFscore alone differs:
    it is computed from precision and recall, so a class without a single hit is NaN there and drops out of
    the mean, which rises; here F1 is the Dice score, 0 for such a class.
    """

    iou: Tensor  # TP / (L + P - TP)
    accuracy: Tensor  # TP / L, also called recall
    precision: Tensor  # TP / P
    f1: Tensor  # 2 TP / (L + P), also called Dice
    share: Tensor  # L / sum of M: the part of the counted pixels that the labels give to the class
    pixel_accuracy: float  # sum of TP / sum of M
    background: int | None  # the class that means "nothing", None where there is none

    def mean(self, score: str, foreground: bool = False) -> float:
        """Return the mean of one score over the classes for which it is defined; NaN if there is none.

        Args:
            score: Name of a field: 'iou', 'accuracy', 'precision' or 'f1'.
            foreground: Leave the background class out.
        """
        values: Tensor = getattr(self, score)
        if foreground and self.background is not None:
            values = torch.cat([values[: self.background], values[self.background + 1 :]])
        return values.nanmean().item()


def scores(confusion: Tensor, background: int | None = 0) -> Scores:
    """Turn a matrix of counts into scores.

    Args:
        confusion: Integer (C, C), labels in rows, predictions in columns, on any device.
        background: Id of the background class, None if the classes have none.
    """
    counts = confusion.cpu().double()
    hits, labelled, predicted = counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)
    total = counts.sum()
    return Scores(
        iou=hits / (labelled + predicted - hits),
        accuracy=hits / labelled,
        precision=hits / predicted,
        f1=2 * hits / (labelled + predicted),
        share=labelled / total,
        pixel_accuracy=(hits.sum() / total).item(),
        background=background,
    )


def merged_f1(confusion: Tensor, ids: Sequence[int]) -> float:
    """Return the F1 in [0, 1] of several classes merged into one; NaN if none of them occurs.

    It is not the mean of their F1, which punishes taking one for the other (SegFace, `inference.py`).

    Args:
        confusion: Integer (C, C), labels in rows, predictions in columns.
        ids: The classes that are one.
    """
    counts, members = confusion.cpu().double(), list(ids)
    hits = counts[members][:, members].sum()
    return (2 * hits / (counts[members].sum() + counts[:, members].sum())).item()
