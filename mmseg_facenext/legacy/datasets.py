"""Data sets and their loaders: `data=dict(samples_per_gpu=..., train=..., val=..., test=...)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmseg.registry import DATASETS

from ..datasets import CelebAMaskHQDataset
from ..datasets.celebamask_folders import IMAGE_FOLDER, LABEL_FOLDER
from .pipelines import Pipeline, translate_testing, translate_training
from .schedule import Length
from .section import Section

RENAMED = {'CustomDataset': 'BaseSegDataset'}
FACES = CelebAMaskHQDataset.__name__
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
LOADER_KEYS = {'samples_per_gpu': 'batch_size', 'workers_per_gpu': 'num_workers'}
SAME_IN_LOADERS = ('drop_last', 'pin_memory', 'persistent_workers', 'prefetch_factor', 'shuffle')


def translate_data(top: Section, length: Length | None) -> tuple[dict[str, Any], dict[str, Any], int | None]:
    """Loaders and pipelines, what the data preprocessor has to do, and the number of classes if it is known."""
    if not isinstance(top.values.get('data'), dict):
        top.take('data')
        return {}, {}, None
    data = top.part('data')
    common = _loader_settings(data)
    own = {name: _loader_settings(data.part(name)) for name in LOADERS}
    new: dict[str, Any] = {}
    pipelines: dict[str, Pipeline] = {}
    num_classes = None
    for split in ('train', 'val', 'test'):
        values = data.take(split)
        if values is None:
            continue
        if isinstance(values, dict) and split != 'train':
            values.pop('test_mode', None)
        dataset, pipelines[split] = _translate_dataset(data, values, split, length)
        num_classes = num_classes or _num_classes(dataset)
        settings = {**common, **own[f'{split}_dataloader']}
        new[f'{split}_dataloader'] = _loader(dataset, split, settings, own, length)
    if 'val' in pipelines and 'test' not in pipelines:
        new['test_dataloader'], pipelines['test'] = new['val_dataloader'], pipelines['val']
        data.report.note('data.val -> test_dataloader as well: there is no data.test')
    data.close()
    data.report.note(
        'data.samples_per_gpu, workers_per_gpu, train, val, test -> train_, val_, test_dataloader: '
        + ', '.join(f'{key}={value}' for key, value in _shown(new).items())
    )
    for split in ('train', 'test'):
        if split in pipelines:
            new[f'{split}_pipeline'] = pipelines[split].steps
    if pipelines.get('test') and pipelines['test'].tta:
        new.update(tta_pipeline=pipelines['test'].tta, tta_model=dict(type='FaceTTAModel'))
    return new, _preprocessing(data, pipelines), num_classes


def _shown(loaders: dict[str, Any]) -> dict[str, Any]:
    first = loaders.get('train_dataloader') or loaders.get('test_dataloader') or {}
    return {key: first[key] for key in ('batch_size', 'num_workers') if key in first}


def _loader_settings(section: Section) -> dict[str, Any]:
    settings = {new: section.take(old) for old, new in LOADER_KEYS.items() if old in section.values}
    settings.update(section.take_all(*SAME_IN_LOADERS))
    if section.name != 'data':
        section.close()
    return settings


def _loader(
    dataset: dict[str, Any], split: str, settings: dict[str, Any], own: dict[str, Any], length: Length | None
) -> dict[str, Any]:
    """mmseg 0.x's defaults: training shuffles and leaves out the last, smaller batch; testing takes one photo."""
    training = split == 'train'
    settings = dict(settings)
    shuffle = settings.pop('shuffle', training)
    endless = training and not (length and length.by_epoch)
    if not training:
        settings.pop('drop_last', None)
        settings['batch_size'] = own[f'{split}_dataloader'].get('batch_size', 1)
    elif endless:
        settings.pop('drop_last', None)  # an endless sampler has no last batch
    else:
        settings.setdefault('drop_last', True)
    workers = settings.setdefault('num_workers', 2)
    settings.setdefault('batch_size', 2)
    settings['persistent_workers'] = bool(workers) and settings.get('persistent_workers', True)
    sampler = dict(type='InfiniteSampler' if endless else 'DefaultSampler', shuffle=shuffle)
    return dict(settings, sampler=sampler, dataset=dataset)


def _translate_dataset(
    parent: Section, values: Any, key: str, length: Length | None
) -> tuple[dict[str, Any], Pipeline]:
    """A data set or a wrapper around one, with its pipeline."""
    if isinstance(values, Sequence) and not isinstance(values, str):
        return _concatenate(parent, list(values), key, length)
    section = parent.child(values, key)
    kind = section.take('type')
    if kind == 'RepeatDataset':
        times = section.take('times')
        dataset, pipeline = _translate_dataset(section, section.take('dataset'), 'dataset', length)
        section.close()
        if length is None or not length.by_epoch:
            section.report.note(f'RepeatDataset(times={times}) -> InfiniteSampler, which never ends')
            return dataset, pipeline
        return dict(type='RepeatDataset', times=times, dataset=dataset), pipeline
    if parts := _parts(section):
        if key != 'train':
            section.problem(' and '.join(parts), 'lists were scored one by one; name a single set')
        count = max(len(part) for part in parts.values())
        each = [{name: part[i % len(part)] for name, part in parts.items()} for i in range(count)]
        return _concatenate(parent, [{**section.values, 'type': kind, **one} for one in each], key, length)
    return _translate_plain(section, kind, testing=key in ('val', 'test'))


def _parts(section: Section) -> dict[str, list[str]]:
    """Folders or split files given as lists, which meant several data sets one after the other."""
    listed = {key: section.values.get(key) for key in ('img_dir', 'ann_dir', 'split')}
    return {key: list(value) for key, value in listed.items() if isinstance(value, list | tuple)}


def _concatenate(
    parent: Section, several: list[Any], key: str, length: Length | None
) -> tuple[dict[str, Any], Pipeline]:
    translated = [_translate_dataset(parent, values, key, length) for values in several]
    parent.report.note(f'{parent.path(key)} -> ConcatDataset of {len(several)}')
    return dict(type='ConcatDataset', datasets=[one for one, _ in translated]), translated[0][1]


def _translate_plain(section: Section, kind: Any, testing: bool) -> tuple[dict[str, Any], Pipeline]:
    faces = kind == FACES
    kind = RENAMED.get(kind, kind)
    steps = section.take('pipeline', [])
    if not isinstance(kind, str) or DATASETS.get(kind) is None:
        section.problem('type', f'there is no data set {kind!r} here')
        section.values.clear()
        return {}, Pipeline(faces, section.report)
    translate = translate_testing if testing else translate_training
    pipeline = translate(steps, f'{section.name}.pipeline', section.report, faces)
    dataset = dict(type=kind, **section.take_all('data_root', 'img_suffix', 'seg_map_suffix', 'ignore_index'))
    if metainfo := {key: section.take(key) for key in ('classes', 'palette') if section.values.get(key)}:
        dataset['metainfo'] = metainfo
    section.take_all('classes', 'palette')
    prefix = {'img_path': section.take('img_dir', ''), 'seg_map_path': section.take('ann_dir')}
    split, reduce = section.take('split'), section.take('reduce_zero_label', pipeline.reduce_zero_label)
    if faces:
        _place_faces(dataset, prefix, split, 'val' if testing else 'train', section)
    else:
        section.note('img_dir, ann_dir, split', 'data_prefix, ann_file')
        dataset['data_prefix'] = {key: folder for key, folder in prefix.items() if folder is not None}
        if split:
            dataset['ann_file'] = split
    if reduce is not None and not (faces and not reduce):
        dataset['reduce_zero_label'] = reduce
    if testing:
        dataset['test_mode'] = True
    else:
        dataset.update(section.take_all('test_mode'))
    section.close()
    return dict(dataset, pipeline=pipeline.steps), pipeline


def _place_faces(
    dataset: dict[str, Any], prefix: dict[str, str | None], split: str | None, part: str, section: Section
) -> None:
    standard = {'img_path': IMAGE_FOLDER, 'seg_map_path': LABEL_FOLDER}
    named = {key: folder.rstrip('/') for key, folder in prefix.items() if folder}
    other = {key: folder for key, folder in named.items() if folder != standard[key]}
    dataset['split'] = part if split else 'all'
    if split:
        dataset['split_source'] = split
    if other:
        dataset['data_prefix'] = other
    section.note('img_dir, ann_dir, split', 'split_source' + (', data_prefix' if other else ''))


def _num_classes(dataset: dict[str, Any]) -> int | None:
    while 'dataset' in dataset or 'datasets' in dataset:
        dataset = dataset.get('dataset') or dataset['datasets'][0]
    own = dataset.get('metainfo', {}).get('classes')
    known = DATASETS.get(dataset.get('type', '')) if dataset else None
    classes = own or (known.METAINFO.get('classes') if known else None)
    return len(classes) if isinstance(classes, list | tuple) else None


def _preprocessing(data: Section, pipelines: dict[str, Pipeline]) -> dict[str, Any]:
    """The normalisation, which all pipelines share, and the padding of training and test."""
    norms: dict[str, dict[str, Any]] = {}
    for split, pipeline in pipelines.items():
        norm = {key: pipeline.preprocessing.get(key) for key in ('mean', 'std', 'bgr_to_rgb')}
        if norms and norm not in norms.values():
            data.problem(
                split, 'Normalize differs from that of the other sets: a model has one normalisation now'
            )
        norms[split] = norm
    norm = next(iter(norms.values()), {})
    found = {} if norm.get('mean') is None else norm
    train, test = (
        {k: v for k, v in pipelines[split].preprocessing.items() if k not in norm}
        if split in pipelines
        else {}
        for split in ('train', 'test')
    )
    sizes = {key: test[key] for key in ('size', 'size_divisor') if key in test}
    return {**found, **train, **(dict(test_cfg=sizes) if sizes else {})}
