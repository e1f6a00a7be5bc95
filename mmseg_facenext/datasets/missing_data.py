"""Say in one line which files of mmseg's and mmpretrain's data sets are missing."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from mmseg.datasets import BaseSegDataset

from ..errors import UserError
from ..taxonomy import IGNORE
from ..utils.picture_files import PICTURE_SUFFIXES, visible_files
from ..utils.wrapped_datasets import inner_datasets
from . import LoadFaceLabels
from .face_dataset import FaceDataset

LOOKED_AT = 12  # label maps, spread over a data set
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

    Some label maps are looked at, and the pipeline gets a last step that checks the ids of each, see `CheckLabelIds`.

    Raises:
        UserError: some are missing; the message names the first. Or label maps have ids that are no class, as those
            have that were not converted, or nothing but 0 and 255, which is not counted.
    """
    for part in inner_datasets(dataset):
        of_mmseg = isinstance(part, BaseDataset) and type(part).__module__.startswith('mmseg.')
        if of_mmseg and not getattr(part, 'backend_args', None):  # else files come over a network
            _check_files(part)
            _say_what_is_passed_over(part)
        if isinstance(part, BaseSegDataset) and not isinstance(part, FaceDataset):
            if not getattr(part, 'backend_args', None):
                _check_some_labels(part)
            steps = getattr(getattr(part, 'pipeline', None), 'transforms', None)
            if steps and not isinstance(steps[-1], CheckLabelIds):
                steps.append(CheckLabelIds(len(part.metainfo['classes'])))


class CheckLabelIds:
    """Check at the end of a pipeline that labels are classes: the loss would fail without naming a file."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def __call__(self, packed: Any) -> Any:
        """Raises:
        UserError: an id is neither a class nor 255; the message names file and ids.
        """
        sample = packed.get('data_samples') if isinstance(packed, Mapping) else None
        for one in sample if isinstance(sample, list) else [sample]:
            if one is None or 'gt_sem_seg' not in one or int(one.gt_sem_seg.data.max()) < self.classes:
                continue
            labels = one.gt_sem_seg.data
            strange = labels[(labels >= self.classes) & (labels != IGNORE)].unique()
            if strange.numel():
                name = one.get('seg_map_path') or one.get('img_path', 'a label map')
                raise UserError(
                    f'{name} has labels that mean the classes {", ".join(map(str, strange.tolist()[:10]))}; the '
                    f'data set has the classes 0 to {self.classes - 1} and {IGNORE} (ignored)'
                )
        return packed


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


def _say_what_is_passed_over(dataset: BaseDataset) -> None:
    """Warn of photos beside those that `img_suffix` means: `.JPG`, `.png`; mmseg says nothing of them."""
    folder = (getattr(dataset, 'data_prefix', None) or {}).get('img_path')
    suffix, label_suffix = getattr(dataset, 'img_suffix', ''), getattr(dataset, 'seg_map_suffix', '')
    listed = bool(getattr(dataset, 'ann_file', None))
    if not folder or not os.path.isdir(folder) or listed or not suffix:
        return
    strange = sorted(
        name
        for name in visible_files(folder)
        if name.lower().endswith(PICTURE_SUFFIXES) and not name.endswith((suffix, label_suffix))
    )
    if strange:
        print_log(
            f'{type(dataset).__name__}: {len(strange)} photos of {folder} do not end with img_suffix={suffix!r} and '
            f'are passed over: {", ".join(strange[:5])}',
            'current',
            logging.WARNING,
        )


def _check_some_labels(dataset: BaseDataset) -> None:
    number = len(dataset.metainfo['classes'])
    found: set[int] = set()
    loader = next(
        (step for step in dataset.pipeline.transforms if isinstance(step, LoadFaceLabels)), LoadFaceLabels()
    )
    for index in sorted({round(place) for place in np.linspace(0, len(dataset) - 1, LOOKED_AT)}):
        info = dataset.get_data_info(index)
        path = info.get('seg_map_path') or ''
        if not path.endswith('.png') or not os.path.isfile(path):
            return  # none, or one of mmseg's medical formats
        ids = np.unique(loader.transform(info)['gt_seg_map']).tolist()
        if strange := [one for one in ids if one >= number and one != IGNORE]:
            raise UserError(
                f'{path} has labels that mean the classes {", ".join(map(str, strange[:10]))}; '
                f'{type(dataset).__name__} has the classes 0 to {number - 1} and {IGNORE} (ignored); {SEE}, and how '
                'labels are converted'
            )
        found |= set(ids)
    if found == {0, IGNORE} and number > 1:
        raise UserError(
            f'{path} and others have no values but 0 and {IGNORE}, and {IGNORE} means "not counted": nothing of '
            f"{dataset.metainfo['classes'][1]} would be learnt. Let dict(type='LoadFaceLabels', ids={{255: 1}}) read "
            'them as 1, or write 0 and 1'
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
