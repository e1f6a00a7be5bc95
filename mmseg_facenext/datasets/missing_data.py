"""Say in one line which files of mmseg's and mmpretrain's data sets are missing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset

from ..errors import UserError
from ..taxonomy import IGNORE
from ..utils.wrapped_datasets import inner_datasets
from . import LoadFaceLabels

SEE = 'docs/data.md tells what belongs where'


@contextmanager
def missing_data(dataset: Any) -> Iterator[None]:
    """Name the missing folders and files when a data set cannot be built within the block.

    Upstream's data sets fail in many ways then, some without a word. Ours raise `UserError` themselves.

    Args:
        dataset: its config, or anything else, of which nothing is known.

    Raises:
        UserError: something that the config names is not there, or the data set has no images.
    """
    try:
        yield
    except (OSError, AssertionError, RuntimeError) as error:
        for part in _parts(dataset):
            _check_paths(part)
        if isinstance(error, RuntimeError):  # mmpretrain found no image
            raise UserError(f'{_one(dataset)}: {error}') from error
        raise


def check_pairs(dataset: Any) -> None:
    """Check that every photo of mmseg's data sets has a label map, and the other way round.

    Raises:
        UserError: some are missing; the message names the first. Or the first label map has ids that are no
            class, as those have that were not converted: the loss would fail without naming a file.
    """
    for part in inner_datasets(dataset):
        of_mmseg = isinstance(part, BaseDataset) and type(part).__module__.startswith('mmseg.')
        if of_mmseg and not getattr(part, 'backend_args', None):  # else files come over a network
            _check_files(part)
            _check_first_labels(part)


def _check_files(dataset: BaseDataset) -> None:
    listed: dict[str, set[str]] = {}
    missing = []
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        for path in (info['img_path'], info.get('seg_map_path')):
            folder, name = os.path.split(path or '')
            if folder not in listed:
                listed[folder] = set(os.listdir(folder)) if os.path.isdir(folder) else set()
            if path and name not in listed[folder]:
                missing.append(path)
    if missing:
        raise UserError(
            f'{type(dataset).__name__}: {len(missing)} of its files are missing, {missing[0]} to begin with; '
            f'{SEE}, and how labels are converted'
        )


def _check_first_labels(dataset: BaseDataset) -> None:
    info = dataset.get_data_info(0)
    if not (info.get('seg_map_path') or '').endswith('.png'):
        return  # none, or one of mmseg's medical formats
    number = len(dataset.metainfo['classes'])
    labels = LoadFaceLabels().transform(info)['gt_seg_map']
    strange = np.setdiff1d(labels, [*range(number), IGNORE])
    if strange.size:
        raise UserError(
            f'{info["seg_map_path"]} has labels that mean the classes {", ".join(map(str, strange[:10]))}; '
            f'{type(dataset).__name__} has the classes 0 to {number - 1} and {IGNORE} (ignored); {SEE}, and how '
            'labels are converted'
        )


def _parts(dataset: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the configs of the data sets within wrappers such as ConcatDataset."""
    if not isinstance(dataset, Mapping):
        return
    inner = dataset.get('datasets') or ([dataset['dataset']] if 'dataset' in dataset else [])
    for part in inner:
        yield from _parts(part)
    if not inner:
        yield dataset


def _check_paths(dataset: Mapping[str, Any]) -> None:
    root = Path(dataset.get('data_root') or '')
    prefixes = dataset.get('data_prefix') or dataset.get('split') or {}
    folders = [prefixes] if isinstance(prefixes, str) else [name for name in prefixes.values() if name]
    for folder in folders:
        if not (root / folder).is_dir():
            raise UserError(f'{_one(dataset)}: no folder {root / folder}; {_where_to_look(root, folder)}')
    if (file := dataset.get('ann_file')) and not (root / file).is_file():
        raise UserError(f'{_one(dataset)}: no file {root / file}; {_where_to_look(root, file)}')


def _where_to_look(root: Path, wanted: str) -> str:
    """Say where the folder is if it lies one level above or below the root."""
    children = sorted(child for child in root.iterdir() if child.is_dir()) if root.is_dir() else []
    near = next((place for place in (root.parent, *children) if (place / wanted).exists()), None)
    return f'found {near / wanted}, so the data_root to give is {near}' if near else SEE


def _one(dataset: Mapping[str, Any]) -> str:
    return str(getattr(dataset['type'], '__name__', dataset['type']))
