"""Scoring label maps that were predicted earlier, by this package or by any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS, METRICS

from ..config.load import config_mistakes
from ..errors import UserError
from ..evaluation import EvaluationSummary, FaceMetric
from ..utils.read_image import read_labels
from .testing import pixel_metric


def summarize_predictions(
    cfg: Config, folder: str | Path, progress: Callable[[range], Iterable[int]] = iter
) -> EvaluationSummary:
    """The evaluation of the PNGs in `folder` against the labels of the test set of `cfg`.

    Args:
        folder: `<image name>.png` for every image, grey or palette, with the data set's ids as its label files
            have them (what `tools/test.py --out` writes).
        progress: goes through the positions of the images, and may show how far it is.

    Raises:
        UserError: the config has no test set, predictions are missing, have other sizes than the labels, or
            ids that are no class.
    """
    if cfg.get('test_dataloader') is None or cfg.get('test_evaluator') is None:
        raise UserError(
            f'config {cfg.filename} has no test_dataloader and test_evaluator: nothing to compare with'
        )
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')), config_mistakes(cfg):
        dataset = DATASETS.build(cfg.test_dataloader.dataset)
        metric: FaceMetric = METRICS.build(pixel_metric(cfg))
    metric.dataset_meta = dataset.metainfo
    for index in progress(range(len(dataset))):
        sample = dataset[index]['data_samples']
        prediction = torch.from_numpy(read_labels(_prediction(Path(folder), sample.img_path)).copy())
        if sample.get('reduce_zero_label', False):
            prediction -= 1  # 0, "other", becomes 255, which no class has
        metric.process(None, [{**sample.to_dict(), 'pred_sem_seg': {'data': prediction}}])
    metric.evaluate(len(dataset))
    assert metric.summary is not None  # what `evaluate` leaves
    return metric.summary


def _prediction(folder: Path, image: str) -> Path:
    path = folder / f'{Path(image).stem}.png'
    if not path.is_file():
        there = len(list(folder.glob('*.png')))
        raise UserError(
            f'no prediction {path} for {image} ({there} PNGs in {folder}); tools/test.py --out {folder} writes them'
        )
    return path
