"""Choices with weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def pick(rng: np.random.Generator, options: Mapping[str, float]) -> str:
    """Return one of the options, each as often as its weight says."""
    bounds = np.cumsum(list(options.values()))
    return list(options)[int(np.searchsorted(bounds, rng.random() * bounds[-1], side='right'))]
