"""Test-time augmentation for label spaces with a left and a right."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.structures import PixelData
from mmseg.models import SegTTAModel
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from ...taxonomy import get_label_space


@MODELS.register_module()
class FaceTTAModel(SegTTAModel):
    """Averages the class probabilities of all scales and flips of a photo.

    Upstream's model turns a flipped prediction back but leaves its left eye a right one; this one swaps
    the channels of left and right classes too.

    Args:
        module: the segmentor, or its config.

    Attributes:
        dataset_meta: metainfo of the data set (`classes`, `label_space`), which says what has a left and a
            right; set before the test.
    """

    dataset_meta: dict[str, Any] | None = None

    @property
    def unflipped(self) -> list[int]:
        """For each class the id of its other side, or its own."""
        assert self.dataset_meta is not None, 'the test sets dataset_meta before the first photo'
        classes = list(self.dataset_meta['classes'])
        if 'label_space' not in self.dataset_meta:
            return list(range(len(classes)))
        space = get_label_space(self.dataset_meta['label_space'])
        swap = space.flip_lut()
        mirrored = [space.classes[swap[space.index(name)]] for name in classes]
        return [classes.index(other) if other in classes else i for i, other in enumerate(mirrored)]

    def merge_preds(self, data_samples_list: list[list[SegDataSample]]) -> list[SegDataSample]:
        """One list of augmented predictions per photo -> the merged prediction of each photo."""
        return [self._merge(samples) for samples in data_samples_list]

    def _merge(self, samples: list[SegDataSample]) -> SegDataSample:
        probabilities = torch.stack([self._unflipped_probabilities(sample) for sample in samples]).mean(dim=0)
        merged = samples[0]  # neither scaled nor flipped label: what is scored
        merged.set_data(
            dict(
                seg_logits=PixelData(data=probabilities),
                pred_sem_seg=PixelData(data=probabilities.argmax(dim=0, keepdim=True)),
            )
        )
        return merged

    def _unflipped_probabilities(self, sample: SegDataSample) -> torch.Tensor:
        """(C, H, W), turned back and scaled to the label by the segmentor, with left and right put right."""
        probabilities = sample.seg_logits.data.softmax(dim=0)
        if not sample.metainfo.get('flip'):
            return probabilities
        return probabilities[self.unflipped]
