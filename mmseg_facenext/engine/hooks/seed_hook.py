"""Random numbers of each iteration from the seed and its number."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..seeding import MODEL, SeededSampler, seed_random


@HOOKS.register_module()
class SeedHook(Hook):
    """Seed what the network draws (bases, dropout, dropped paths) anew in each iteration; `FaceRunner` registers it.

    Each process draws its own numbers. An epoch that was stopped in its middle goes on there.
    """

    priority = 'LOWEST'  # after the hook that tells the sampler its epoch

    def before_train_epoch(self, runner: Runner) -> None:
        sampler = runner.train_dataloader.sampler
        if isinstance(runner.train_loop, EpochBasedTrainLoop) and isinstance(sampler, SeededSampler):
            sampler.skip_in_epoch(runner.iter - runner.epoch * len(runner.train_dataloader))

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        on_all = (
            torch.manual_seed if torch.accelerator.is_available() else torch.default_generator.manual_seed
        )
        seed_random(runner.seed, MODEL, runner.rank, runner.iter, seed_torch=on_all)
