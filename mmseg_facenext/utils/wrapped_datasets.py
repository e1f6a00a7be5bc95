"""Find data sets inside wrappers such as ConcatDataset and RepeatDataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def inner_datasets(dataset: Any) -> Iterator[Any]:
    """Yield the data sets that `dataset` is made of, or itself where it wraps none; described in a config, or built."""
    if isinstance(dataset, Mapping):
        inside = dataset.get('datasets') or dataset.get('dataset')
    elif isinstance(dataset, list | tuple):  # of a 0.x config
        inside = dataset
    else:
        inside = getattr(dataset, 'datasets', None) or getattr(dataset, 'dataset', None)
    if not inside:
        yield dataset
        return
    for part in inside if isinstance(inside, list | tuple) else [inside]:
        yield from inner_datasets(part)
