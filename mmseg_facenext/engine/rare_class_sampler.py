"""A sampler that draws some photos more often than others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import torch
from mmengine.dist import get_dist_info, sync_random_seed
from mmengine.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from ..errors import UserError


@DATA_SAMPLERS.register_module()
class RareClassSampler(Sampler):
    """Draw photos in proportion to `factors`, every process its own share; the key `balance` of a config sets it.

    Each round draws as many photos as there are, the whole part of a factor surely and its rest by chance.

    Args:
        factors: how often each photo is drawn compared with an ordinary one, 1 or more; one for each photo.
        seed: None takes one that all processes share.
        infinite: go on without end, as trainings by iterations need it.

    Raises:
        UserError: there are not as many factors as photos.
    """

    def __init__(
        self, dataset: Any, factors: Sequence[float], seed: int | None = None, infinite: bool = True
    ) -> None:
        if len(factors) != len(dataset):
            raise UserError(f'RareClassSampler has {len(factors)} factors for {len(dataset)} photos')
        self.rank, self.world_size = get_dist_info()
        self.factors = torch.tensor(factors, dtype=torch.float64)
        self.seed = sync_random_seed() if seed is None else seed
        self.infinite = infinite
        self.number = math.ceil(len(dataset) / self.world_size)
        self.total = len(dataset)
        self.epoch = 0

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        drawn = islice(self._drawn(generator), self.rank, None, self.world_size)
        yield from drawn if self.infinite else islice(drawn, self.number)

    def _drawn(self, generator: torch.Generator) -> Iterator[int]:
        while True:
            chance = torch.rand(len(self.factors), generator=generator)
            times = (self.factors.floor() + (chance < self.factors.frac())).long()
            places = torch.repeat_interleave(torch.arange(len(times)), times)
            yield from places[torch.randperm(len(places), generator=generator)].tolist()

    def __len__(self) -> int:
        """Return the number of photos of a process in an epoch."""
        return self.total if self.infinite else self.number

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
