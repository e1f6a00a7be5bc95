"""Let rare classes count more in a training: by weights in the loss, by drawing their photos more often, or both."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS

from ..errors import UserError
from ..utils.cpu_count import usable_cores

WAYS = ('weights', 'sampling', 'both')
LOADERS = ('LoadFaceLabels', 'LoadAnnotations', 'LoadDrawnFace')
MOST_COUNTED = 500  # photos whose pixels say how frequent classes are
FREQUENT = 0.5
"""Photos with a class that a smaller share of all photos has are drawn more often."""


def balance(cfg: Config) -> None:
    """Do what `balance` of the config says: 'weights', 'sampling' or 'both'; nothing where it is not set.

    Weights are ENet's, 1 / log(1.02 + share of the pixels) (Paszke et al., 2016). Photos are drawn by the repeat
    factors of LVIS: the largest sqrt(0.5 / share of the photos) of their classes, at least 1 (Gupta et al., 2019).

    Raises:
        UserError: there is no such way, or nothing in the config that it could change.
    """
    way = cfg.get('balance')
    if way is None:
        return
    if way not in WAYS:
        raise UserError(f'balance={way!r}: choose from {", ".join(WAYS)}')
    counts = count_pixels(cfg, None if way != 'weights' else MOST_COUNTED)
    logger = MMLogger.get_current_instance()
    if way != 'sampling':
        weights = class_weights(counts)
        if not _set_weights(cfg.model, weights):
            raise UserError(
                f'balance={way!r} weights the classes of CrossEntropyLoss, which no head of the model has'
            )
        logger.info(f'balance: class weights {", ".join(f"{weight:g}" for weight in weights)}')
    if way != 'weights':
        factors = repeat_factors(counts)
        infinite = cfg.train_cfg.get('max_epochs') is None
        cfg.train_dataloader.sampler = dict(
            type='RareClassSampler', factors=factors.round(3).tolist(), infinite=infinite
        )
        logger.info(f'balance: photos are drawn up to {factors.max():.1f} times as often as others')


def count_pixels(cfg: Config, most: int | None = None) -> np.ndarray:
    """Return int64 (photos, classes): pixels of each class in the training photos, or in `most` spread over them.

    Raises:
        UserError: the pipeline loads labels in no way that is known here.
    """
    described = deepcopy(cfg.train_dataloader.dataset)
    steps = [step for step in described.get('pipeline') or () if step.get('type') in LOADERS]
    if not steps:
        raise UserError(
            f'balance counts labels that {", ".join(LOADERS)} load, of one data set with a pipeline'
        )
    described.pipeline = steps[:1]
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
        dataset = DATASETS.build(described)
    number = len(dataset.metainfo['classes'])
    places = range(len(dataset))
    chosen = places if most is None or len(places) <= most else places[:: len(places) // most]

    def count(place: int) -> np.ndarray:
        try:
            labels = dataset.pipeline(dataset.get_data_info(place))['gt_seg_map']
        except UserError:
            return np.zeros(number, np.int64)  # the training says what is wrong with it, or skips it
        return np.bincount(labels.ravel(), minlength=256)[:number]

    with ThreadPoolExecutor(usable_cores()) as pool:
        return np.stack(list(pool.map(count, chosen)))


def class_weights(counts: np.ndarray) -> list[float]:
    """Return a weight for each class from pixels (photos, classes); 1 for a class that never occurs."""
    total = counts.sum(axis=0)
    weights = 1 / np.log(1.02 + total / max(1, total.sum()))
    return np.where(total > 0, weights, 1.0).round(3).tolist()


def repeat_factors(counts: np.ndarray) -> np.ndarray:
    """Return how much more often each photo is drawn, float64 (photos,)."""
    present = counts > 0
    share = present.mean(axis=0)
    factors = np.sqrt(FREQUENT / np.where(share > 0, share, 1)).clip(min=1)
    return np.where(present, factors, 1.0).max(axis=1)


def _set_weights(model: Any, weights: list[float]) -> int:
    """Give the weights to every CrossEntropyLoss of heads with as many classes; return to how many."""
    if isinstance(model, list | tuple):
        return sum(_set_weights(part, weights) for part in model)
    if not isinstance(model, dict):
        return 0
    changed = sum(_set_weights(value, weights) for key, value in model.items() if key != 'loss_decode')
    losses = model.get('loss_decode')
    if losses is None and model.get('num_classes') == len(weights) and 'in_channels' in model:
        losses = model['loss_decode'] = dict(type='CrossEntropyLoss')  # the default of mmseg's heads
    for loss in losses if isinstance(losses, list | tuple) else [losses] if losses else []:
        if loss.get('type') == 'CrossEntropyLoss' and model.get('num_classes') == len(weights):
            loss['class_weight'] = weights
            changed += 1
    return changed
