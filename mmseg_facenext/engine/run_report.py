"""What a report of a training shows: its best checkpoint scored again, with the best and worst photos."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.structures import SegDataSample

from ..config.load import load_config
from ..errors import UserError
from ..evaluation import EvaluationSummary, FaceMetric
from ..evaluation.confusion import confusion_matrix, scores
from ..utils.wrapped_datasets import inner_datasets
from .testing import pixel_metric, prepare_test


@dataclass(frozen=True)
class Shown:
    """A photo, its labels and its prediction: uint8 (H, W) each, and the mean IoU of its own classes in 0..1."""

    photo: str
    iou: float
    labels: np.ndarray
    prediction: np.ndarray


def find_run(run: Path) -> tuple[Path, Path]:
    """Return the config and the best checkpoint (else the last one) in a work dir.

    Raises:
        UserError: there is none of either.
    """
    configs = sorted(run.glob('*.py'), key=lambda path: path.stat().st_mtime)
    checkpoints = [
        *sorted(run.glob('*_*.pth'), key=lambda path: path.stat().st_mtime),
        *sorted(run.glob('best_*.pth'), key=lambda path: path.stat().st_mtime),
    ]
    if not configs or not checkpoints:
        missing = 'config (*.py)' if not configs else 'checkpoint (*.pth)'
        raise UserError(f'{run} has no {missing}: name the work dir of a training')
    return configs[-1], checkpoints[-1]


def score_photos(
    run: Path, checkpoint: Path | None, most: int, number: int, scratch: Path
) -> tuple[EvaluationSummary, list[Shown], list[Shown], Path]:
    """Score a checkpoint of a run on the photos that it was validated on.

    Args:
        checkpoint: None takes the best.
        most: photos, the first ones.
        number: of best and of worst photos that are returned.
        scratch: a folder for what a test writes.

    Returns:
        The summary, the best and the worst photos, the checkpoint.

    Raises:
        UserError: there is no run, or its data or checkpoint cannot be used.
    """
    config, best = find_run(run)
    checkpoint = checkpoint or best
    cfg = load_config(config)
    if cfg.get('val_dataloader') is None:
        raise UserError(f'{config} has no val_dataloader: nothing to score on')
    _validate_as_test(cfg, most)
    cfg.work_dir = str(scratch)
    cfg.custom_hooks = []
    pixel_metric(cfg).note = f'{checkpoint.name}, the photos of validation'
    runner = prepare_test(cfg, checkpoint)
    hook = _Extremes(number, len(runner.test_loop.dataloader.dataset.metainfo['classes']))
    runner.register_hook(hook)
    runner.test()
    summary = next(
        m.summary for m in runner.test_evaluator.metrics if isinstance(m, FaceMetric) and m.summary
    )
    return summary, hook.best(), hook.worst(), checkpoint


def _validate_as_test(cfg: Config, most: int) -> None:
    cfg.test_dataloader, cfg.test_evaluator = cfg.val_dataloader, cfg.val_evaluator
    dataset = next(inner_datasets(cfg.test_dataloader.dataset))
    if dataset.get('indices') is None:
        cfg.test_dataloader.dataset = {**dataset, 'indices': most}


class _Extremes(Hook):
    """Keep the photos with the highest and the lowest scores."""

    def __init__(self, number: int, classes: int) -> None:
        self.number, self.classes = number, classes
        self._low: list[
            tuple[float, int, Shown]
        ] = []  # heaps, of which the first goes when there are too many
        self._high: list[tuple[float, int, Shown]] = []
        self._seen = 0

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[SegDataSample] | None = None,
    ) -> None:
        for sample in outputs or ():
            labels, prediction = sample.gt_sem_seg.data[0].cpu(), sample.pred_sem_seg.data[0].long().cpu()
            matrix = confusion_matrix(prediction, labels, self.classes, 255)
            iou = scores(matrix, None).mean('iou')
            shown = Shown(
                sample.img_path, iou, labels.to(torch.uint8).numpy(), prediction.to(torch.uint8).numpy()
            )
            self._seen += 1
            for heap, key in ((self._low, -iou), (self._high, iou)):
                heapq.heappush(heap, (key, self._seen, shown))
                if len(heap) > self.number:
                    heapq.heappop(heap)

    def best(self) -> list[Shown]:
        """Return the best ones, of few photos the better half."""
        return [shown for _, _, shown in sorted(self._high, reverse=True)][: self._seen // 2]

    def worst(self) -> list[Shown]:
        return [shown for _, _, shown in sorted(self._low, reverse=True)][: self._seen - self._seen // 2]
