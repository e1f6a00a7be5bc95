"""Turn a batch of samples into the input of the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmseg.models import SegDataPreProcessor as MMSegDataPreProcessor
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from ...errors import UserError


@MODELS.register_module()
class FacePreProcessor(MMSegDataPreProcessor):
    """mmseg's preprocessor, which copies a batch to the GPU in two asynchronous transfers.

    Images and labels travel as uint8; on the device images are normalised and labels become int64, as losses want
    them. Upstream sends every image and every label map by itself, from memory that the GPU cannot read directly,
    and waits for each.

    Args:
        batch_augments: configs of modules, called in turn in training with photos (B, 3, H, W), normalised, and their
            samples; each returns both. mmseg's preprocessor takes them too, but does not build them.
        kwargs: those of mmseg's preprocessor.
    """

    def __init__(self, batch_augments: Sequence[dict] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.augments = nn.ModuleList(MODELS.build(each) for each in batch_augments or ())
        self.batch_augments = self._augmented if self.augments else None

    def _augmented(
        self, inputs: Tensor, data_samples: list[SegDataSample]
    ) -> tuple[Tensor, list[SegDataSample]]:
        for augment in self.augments:
            inputs, data_samples = augment(inputs, data_samples)
        return inputs, data_samples

    def forward(self, data: Any, training: bool = False) -> Any:
        """Raises:
        UserError: the photos of a batch have several sizes, which cannot be put together.
        """
        inputs = data.get('inputs') if isinstance(data, dict) else None
        sizes = sorted({tuple(one.shape[-2:]) for one in inputs}) if isinstance(inputs, (list, tuple)) else []
        if len(sizes) > 1 and not self._pads(sizes, training):
            listed = ', '.join(f'{height}x{width}' for height, width in sizes[:4])
            loader = 'train_dataloader' if training else 'val_dataloader and test_dataloader'
            raise UserError(
                f'the photos of a batch have several sizes ({listed}): bring them to one in the pipeline '
                f"(dict(type='FaceResize', scale=(width, height), keep_ratio=False), or a crop), or set batch_size=1 "
                f'in {loader}'
            )
        return super().forward(data, training)

    def _pads(self, sizes: list[tuple[int, int]], training: bool) -> bool:
        """Tell whether upstream fills photos (height, width) up to one size: in training, up to `size`."""
        if not training or self.size is None:
            return training and self.size_divisor is not None
        return all(height <= self.size[0] and width <= self.size[1] for height, width in sizes)

    def cast_data(self, data: Any) -> Any:
        if not isinstance(data, dict) or 'inputs' not in data:
            return super().cast_data(data)  # also what is inside a batch, which upstream goes through
        data = self._sent(data) if self.device.type == 'cuda' else super().cast_data(data)
        for sample in _labelled(data):
            sample.gt_sem_seg.data = sample.gt_sem_seg.data.long()
        return data

    def _sent(self, data: dict[str, Any]) -> dict[str, Any]:
        samples, labelled = data.get('data_samples'), _labelled(data)
        labels = sent_together([sample.gt_sem_seg.data for sample in labelled], self.device)
        for sample, on_device in zip(labelled, labels, strict=True):
            sample.gt_sem_seg.data = on_device
        if samples is not None:  # whatever else is in them
            samples = [sample.to(self.device, non_blocking=True) for sample in samples]
        return {**data, 'inputs': sent_together(data['inputs'], self.device), 'data_samples': samples}


def _labelled(data: dict[str, Any]) -> list[SegDataSample]:
    return [sample for sample in data.get('data_samples') or () if 'gt_sem_seg' in sample]


def sent_together(tensors: Sequence[Tensor], device: torch.device) -> list[Tensor]:
    """Return the tensors on `device`; those of one shape and type in a single transfer from page-locked memory."""
    if not tensors:
        return []
    first = tensors[0]
    if any(tensor.shape != first.shape or tensor.dtype != first.dtype for tensor in tensors):
        return [tensor.to(device, non_blocking=True) for tensor in tensors]
    batch = torch.empty((len(tensors), *first.shape), dtype=first.dtype, pin_memory=device.type == 'cuda')
    torch.stack(list(tensors), out=batch)
    return list(batch.to(device, non_blocking=True))
