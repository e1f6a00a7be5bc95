"""Random numbers that follow from the seed and the place in a training, not from what was drawn before.

A training that is stopped and resumed then draws what it would have drawn without the stop, and so with another number
of loading processes: no random state need be saved.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from mmengine.dataset import DefaultSampler, InfiniteSampler
from torch.utils.data import DataLoader, Sampler

MODEL, DATA = range(2)
"""What numbers are drawn for: each has streams of its own."""


def seed_random(*place: int, seed_torch: Callable[[int], object] = torch.manual_seed) -> None:
    """Seed `random`, NumPy and PyTorch (on all devices) for one place in a training.

    Args:
        place: such as seed, purpose, process and iteration; other places give independent numbers.
        seed_torch: how PyTorch is seeded.
    """
    words = np.random.SeedSequence(place).generate_state(6)
    random.seed(int(words[0]))
    np.random.seed(words[1:5])  # noqa: NPY002 (what the transforms of mmcv and mmseg draw from)
    seed_torch(int(words[5]))


class SeededSampler(Sampler):
    """Another sampler, each of whose indices comes with the place that the random numbers of its sample follow from."""

    def __init__(self, sampler: DefaultSampler | InfiniteSampler, seed: int, loader: DataLoader):
        self.sampler = sampler
        self._seed = seed
        self._batch_size = loader.batch_size or 1
        self._batches = len(loader)
        self._epoch = self._skipped_epochs = self._start = 0

    def __iter__(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        start, self._start = self._start, 0
        rank = getattr(self.sampler, 'rank', 0)
        for position, index in enumerate(islice(self.sampler, start, None), start):
            yield index, (self._seed, DATA, rank, self._epoch, position)

    def __len__(self) -> int:
        return len(self.sampler)

    def set_epoch(self, epoch: int) -> None:
        self._epoch = self._skipped_epochs + epoch
        if hasattr(self.sampler, 'set_epoch'):
            self.sampler.set_epoch(self._epoch)

    def skip(self, samples: int) -> None:
        """Continue after that many samples since the start of training; mmengine's loop calls it with whole batches."""
        if isinstance(self.sampler, InfiniteSampler) or getattr(self.sampler, 'infinite', False):
            self._start = samples
        else:
            self._skipped_epochs, batches = divmod(samples // self._batch_size, self._batches)
            self.set_epoch(0)
            self.skip_in_epoch(batches)

    def skip_in_epoch(self, batches: int) -> None:
        """Leave out the first batches of the next epoch."""
        self._start = batches * self._batch_size


class SeededDataset:
    """Another data set, whose samples are loaded with the random numbers of their place in the training."""

    def __init__(self, dataset: Any):
        self.dataset = dataset

    def __getitem__(self, item: int | tuple[int, tuple[int, ...]]) -> Any:
        if isinstance(item, tuple):
            item, place = item
            seed_random(*place, seed_torch=torch.default_generator.manual_seed)
        return self.dataset[item]

    def __len__(self) -> int:
        return len(self.dataset)

    def __getattr__(self, name: str) -> Any:
        if name == 'dataset' or name.startswith('__'):  # while it is unpickled
            raise AttributeError(name)
        return getattr(self.dataset, name)


def seed_samples(loader: DataLoader, seed: int) -> DataLoader:
    """Return `loader` with a sampler and a data set that seed each sample, where its batches are plain ones."""
    if type(loader.batch_sampler) is not torch.utils.data.BatchSampler:
        return loader
    sampler = SeededSampler(loader.sampler, seed, loader)
    loader.batch_sampler.sampler = sampler
    # DataLoader forbids assignments because half of a change would go unnoticed; this is the whole one.
    object.__setattr__(loader, 'sampler', sampler)
    object.__setattr__(loader, 'dataset', SeededDataset(loader.dataset))
    return loader
