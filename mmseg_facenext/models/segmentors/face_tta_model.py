"""Test-time augmentation that swaps left and right classes of flipped photos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from mmengine.structures import PixelData
from mmseg.models import SegTTAModel
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from ...taxonomy import flip_ids
from .one_output import threshold_of


@MODELS.register_module()
class FaceTTAModel(SegTTAModel):
    """Average the class probabilities of all scales and flips of a photo.

    Upstream's model turns a flipped prediction back but leaves its left eye a right one; this one swaps
    the channels of left and right classes too. Of a network with one output it averages the sigmoid; upstream takes
    the sigmoid of what is one already.

    Args:
        module: the segmentor, or its config.

    Attributes:
        dataset_meta: metainfo of the data set (`classes`, `label_space`, `flip_pairs`), which says what has a left
            and a right; set before the test.
    """

    dataset_meta: dict[str, Any] | None = None

    @property
    def unflipped(self) -> list[int]:
        """For each class the id of its other side, or its own."""
        assert self.dataset_meta is not None, 'the test sets dataset_meta before the first photo'
        others = flip_ids(self.dataset_meta)
        return [own if other is None else other for own, other in enumerate(others)]

    def test_step(self, data: dict[str, list]) -> list[SegDataSample]:
        """Return the merged prediction of each photo of a batch; `data` holds lists over the augmentations."""
        number = len(next(iter(data.values())))
        return self._merge(
            self.module.test_step({key: values[i] for key, values in data.items()}) for i in range(number)
        )

    def merge_preds(self, data_samples_list: list[list[SegDataSample]]) -> list[SegDataSample]:
        """Return one list of augmented predictions per photo -> the merged prediction of each photo."""
        return self._merge(zip(*data_samples_list, strict=True))

    def _merge(self, augmentations: Iterable[Sequence[SegDataSample]]) -> list[SegDataSample]:
        """Add up predictions one by one, to hold only one of twelve scales and flips in memory."""
        count = 0
        for samples in augmentations:
            probabilities = [self._unflipped_probabilities(sample) for sample in samples]
            if count == 0:
                merged, sums = (
                    list(samples),
                    probabilities,
                )  # neither scaled nor flipped labels: what is scored
            else:
                sums = [total.add_(one) for total, one in zip(sums, probabilities, strict=True)]
            count += 1
        for sample, total in zip(merged, sums, strict=True):
            mean = total / count
            sample.set_data(
                dict(
                    seg_logits=PixelData(data=mean),
                    pred_sem_seg=PixelData(data=self._labels(mean)),
                )
            )
        return merged

    def _unflipped_probabilities(self, sample: SegDataSample) -> torch.Tensor:
        """Return (C, H, W) at the size of the label, unflipped, with left and right classes swapped back."""
        logits = sample.seg_logits.data  # with one output mmseg's segmentors have taken the sigmoid already
        probabilities = logits.clone() if len(logits) == 1 else logits.softmax(dim=0)
        del sample.seg_logits
        if len(probabilities) == 1 or not sample.metainfo.get('flip'):
            return probabilities
        return probabilities[self.unflipped]

    def _labels(self, mean: torch.Tensor) -> torch.Tensor:
        """Return int64 (1, H, W) from mean probabilities (C, H, W)."""
        if len(mean) > 1:
            return mean.argmax(dim=0, keepdim=True)
        return (mean > (threshold_of(self.module) or 0.3)).long()
