"""Weights and frequencies of rare classes, against the formulas of the papers by hand."""

import math
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from mmengine.config import Config

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine import balance as module
from mmseg_facenext.engine.rare_class_sampler import RareClassSampler
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError


def test_weights_are_enets():
    """Half, a tenth, none and the rest of the pixels: 1 / ln(1.02 + share); a class that never occurs counts once."""
    counts = np.array([[50, 10, 0, 40]])
    expected = [1 / math.log(1.52), 1 / math.log(1.12), 1.0, 1 / math.log(1.42)]
    assert module.class_weights(counts) == pytest.approx(expected, abs=1e-3)


def test_repeat_factors_are_those_of_lvis():
    """Class 1 is in one photo of eight, class 2 in two: sqrt(0.5 / 0.125) = 2 and sqrt(2)."""
    counts = np.zeros((8, 3), int)
    counts[:, 0], counts[3, 1], counts[[3, 5], 2] = 9, 1, 1
    factors = module.repeat_factors(counts)
    assert factors == pytest.approx([1, 1, 1, 2, 1, math.sqrt(2), 1, 1])


def test_photos_are_drawn_by_their_factors():
    sampler = RareClassSampler(range(4), [1, 1, 2.5, 1], seed=0)
    drawn = Counter(islice(sampler, 5500))
    assert drawn[2] / drawn[0] == pytest.approx(2.5, rel=0.1)
    assert drawn[1] == pytest.approx(drawn[3], rel=0.05)
    assert len(list(RareClassSampler(range(4), [1, 1, 2.5, 1], seed=0, infinite=False))) == 4
    with pytest.raises(UserError, match='3 factors for 4 photos'):
        RareClassSampler(range(4), [1, 1, 1])


def test_one_key_sets_both(tiny_config, tmp_path):
    """The weights of the loss and the sampler of a training; pixels are counted from the label maps themselves."""
    options = {
        'work_dir': str(tmp_path),
        'train_cfg.max_iters': 1,
        'train_cfg.val_interval': 1,
        'balance': 'both',
    }
    runner = train(load_config(tiny_config, options))
    dataset = runner.train_loop.dataloader.dataset
    labels = [dataset[n]['data_samples'].gt_sem_seg.data.numpy() for n in range(len(dataset))]
    sampler = (
        runner.train_loop.dataloader.sampler.sampler
    )  # within the one that seeds samples by their places
    assert isinstance(sampler, RareClassSampler)
    assert len(sampler.factors) == len(labels)
    (loss,) = [loss for loss in runner.model.decode_head.loss_decode if hasattr(loss, 'class_weight')]
    shares = np.bincount(np.concatenate([one.ravel() for one in labels]), minlength=19) / sum(
        map(np.size, labels)
    )
    largest = int(shares.argmax())  # at 32x32 shares are not quite those at 64x64
    assert loss.class_weight[largest] == pytest.approx(1 / math.log(1.02 + shares[largest]), rel=0.05)
    with pytest.raises(UserError, match='balance counts labels that LoadFaceLabels'):
        module.count_pixels(
            Config({'train_dataloader': {'dataset': {'type': 'ConcatDataset', 'datasets': []}}})
        )
