"""Data sets and their loaders: `data=dict(samples_per_gpu=..., train=..., val=..., test=...)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from ...datasets import CelebAMaskHQDataset
from ...datasets.celebamask_hq.folders import IMAGE_FOLDER, LABEL_FOLDER
from ...utils.wrapped_datasets import inner_datasets
from ..checks.sections import DATASET
from ..remedies import unknown_dataset
from .pipelines import Pipeline, translate_testing, translate_training
from .schedule import Length
from .section import Section

RENAMED = {'CustomDataset': 'BaseSegDataset'}
FACES = CelebAMaskHQDataset.__name__
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
LOADER_KEYS = {'samples_per_gpu': 'batch_size', 'workers_per_gpu': 'num_workers'}
SAME_IN_LOADERS = ('drop_last', 'pin_memory', 'persistent_workers', 'prefetch_factor', 'shuffle')


@dataclass
class Role:
    """What a data set is for."""

    split: str
    by_epoch: bool

    @property
    def testing(self) -> bool:
        return self.split != 'train'

    @property
    def endless(self) -> bool:
        """Trainings by iterations draw without end; the old engine started its loader anew, hence RepeatDataset."""
        return not self.testing and not self.by_epoch


def translate_data(top: Section, length: Length | None) -> tuple[dict[str, Any], dict[str, Any], int | None]:
    """Loaders and pipelines, what the data preprocessor has to do, and the number of classes if it is known."""
    if top.values.get('data') is None:
        top.take('data')
        return {}, {}, None
    data = top.part('data')
    common = _loader_settings(data)
    own = {name: _loader_settings(data.part(name)) for name in LOADERS}
    new: dict[str, Any] = {}
    pipelines: dict[str, Pipeline] = {}
    num_classes = None
    for split in ('train', 'val', 'test'):
        if (values := data.take(split)) is None:
            continue
        role, loader = Role(split, bool(length and length.by_epoch)), f'{split}_dataloader'
        dataset, pipelines[split] = _translate_dataset(data, values, split, role)
        num_classes = num_classes or _num_classes(dataset)
        # Testing took one image at a time, unless its own loader set another number.
        shared = dict(common, batch_size=1) if role.testing else common
        new[loader] = _loader(dataset, role, {**shared, **own[loader]})
    if 'val' in pipelines and 'test' not in pipelines:
        new['test_dataloader'], pipelines['test'] = new['val_dataloader'], pipelines['val']
        data.report.note('data.val -> test_dataloader as well: there is no data.test')
    data.close()
    sizes = ', '.join(f'{key}={common[key]}' for key in LOADER_KEYS.values() if key in common)
    data.report.note(f'data -> train_, val_, test_dataloader: {sizes}')
    for split in ('train', 'test'):
        if split in pipelines:
            new[f'{split}_pipeline'] = pipelines[split].steps
    if 'test' in pipelines and pipelines['test'].tta:
        new.update(tta_pipeline=pipelines['test'].tta, tta_model=dict(type='FaceTTAModel'))
    return new, _preprocessing(data, pipelines), num_classes


def _loader_settings(section: Section) -> dict[str, Any]:
    settings = {new: section.take(old) for old, new in LOADER_KEYS.items() if old in section.values}
    settings.update(section.take_all(*SAME_IN_LOADERS))
    if section.name != 'data':
        section.close()
    return settings


def _loader(dataset: dict[str, Any], role: Role, settings: dict[str, Any]) -> dict[str, Any]:
    """With mmseg 0.x's defaults: training shuffles and leaves out a last, smaller batch."""
    settings = {'batch_size': 1, 'num_workers': 1, 'persistent_workers': True, **settings}
    settings['persistent_workers'] &= settings['num_workers'] > 0
    shuffle = settings.pop('shuffle', not role.testing)
    drop_last = settings.pop('drop_last', True)
    if not role.testing and not role.endless:
        settings['drop_last'] = drop_last
    sampler = dict(type='InfiniteSampler' if role.endless else 'DefaultSampler', shuffle=shuffle)
    return dict(settings, sampler=sampler, dataset=dataset)


def _translate_dataset(parent: Section, values: Any, key: str, role: Role) -> tuple[dict[str, Any], Pipeline]:
    """Return the data set at `key`, or the wrapper around one, with its pipeline."""
    if isinstance(values, list | tuple):
        return _concatenate(parent, list(values), key, role)
    section = parent.child(values, key)
    kind = section.take('type')
    if kind == 'RepeatDataset':
        return _repeat(section, role)
    if parts := _parts(section):
        count = max(len(part) for part in parts.values())
        each = [{name: part[i % len(part)] for name, part in parts.items()} for i in range(count)]
        return _concatenate(parent, [{**section.values, 'type': kind, **one} for one in each], key, role)
    return _translate_plain(section, kind, role)


def _repeat(section: Section, role: Role) -> tuple[dict[str, Any], Pipeline]:
    times = section.take('times', 1)
    dataset, pipeline = _translate_dataset(section, section.take('dataset'), 'dataset', role)
    section.close()
    if not role.endless:
        return dict(type='RepeatDataset', times=times, dataset=dataset), pipeline
    section.report.note(f'RepeatDataset(times={times}) -> InfiniteSampler, which never ends')
    return dataset, pipeline


def _parts(section: Section) -> dict[str, list[str]]:
    """Folders or split files given as lists, which meant several data sets one after the other."""
    listed = {key: section.values.get(key) for key in ('img_dir', 'ann_dir', 'split')}
    return {key: list(value) for key, value in listed.items() if isinstance(value, list | tuple)}


def _concatenate(
    parent: Section, several: list[Any], key: str, role: Role
) -> tuple[dict[str, Any], Pipeline]:
    if role.testing or not several:
        parent.problem(key, 'several sets were scored one by one; name a single one')
        return {}, Pipeline(False, parent.report)
    translated = [_translate_dataset(parent, values, key, role) for values in several]
    parent.note(key, f'ConcatDataset of {len(several)}')
    return dict(type='ConcatDataset', datasets=[one for one, _ in translated]), translated[0][1]


def _translate_plain(section: Section, kind: Any, role: Role) -> tuple[dict[str, Any], Pipeline]:
    faces = kind == FACES
    kind = RENAMED.get(kind, kind)
    known = DATASETS.get(kind) if isinstance(kind, str) else None
    if known is None or not issubclass(known, BaseSegDataset):
        text = unknown_dataset({**section.values, 'type': kind}, DATASET, old=True)
        if any(repr(kind) in problem for problem in section.report.problems):
            folders = {key: section.values.get(key) for key in ('img_dir', 'ann_dir')}
            text = f'{kind!r} too, of {folders["img_dir"]} and {folders["ann_dir"]}'
        section.problem('type', text)
        kind = BaseSegDataset.__name__  # what else is unknown comes into the same message
    translate = translate_testing if role.testing else translate_training
    pipeline = translate(section.take('pipeline', []), section.path('pipeline'), section.report, faces)
    reduce = section.take('reduce_zero_label', pipeline.reduce_zero_label)
    metainfo = {key: value for key, value in section.take_all('classes', 'palette').items() if value}
    dataset = dict(
        type=kind,
        **section.take_all('data_root', 'img_suffix', 'seg_map_suffix', 'ignore_index'),
        **_place(section, faces, role),
        **(dict(metainfo=metainfo) if metainfo else {}),
        **(dict(reduce_zero_label=reduce) if reduce or (reduce is False and not faces) else {}),
        **(dict(test_mode=True) if section.take('test_mode', role.testing) else {}),
        pipeline=pipeline.steps,
    )
    section.close()
    return dataset, pipeline


def _place(section: Section, faces: bool, role: Role) -> dict[str, Any]:
    """Folders and split."""
    names = {'img_path': section.take('img_dir'), 'seg_map_path': section.take('ann_dir')}
    prefix = {key: name for key, name in names.items() if name is not None}
    split = section.take('split')
    if not faces:
        section.note('img_dir, ann_dir, split', 'data_prefix, ann_file')
        return dict(data_prefix=prefix, **(dict(ann_file=split) if split else {}))
    standard = {'img_path': IMAGE_FOLDER, 'seg_map_path': LABEL_FOLDER}
    other = {key: name for key, name in prefix.items() if name.rstrip('/') != standard[key]}
    section.note('img_dir, ann_dir, split', 'split, split_source' + (', data_prefix' if other else ''))
    chosen = (
        dict(split='val' if role.testing else 'train', split_source=split) if split else dict(split='all')
    )
    return dict(chosen, **(dict(data_prefix=other) if other else {}))


def _num_classes(dataset: dict[str, Any]) -> int | None:
    dataset = next(inner_datasets(dataset))
    own = dataset.get('metainfo', {}).get('classes')
    known = DATASETS.get(dataset.get('type', '')) if dataset else None
    classes = own or (known.METAINFO.get('classes') if known else None)
    return len(classes) if isinstance(classes, list | tuple) else None


def _preprocessing(data: Section, pipelines: dict[str, Pipeline]) -> dict[str, Any]:
    """Return the normalisation, which all pipelines share, and the padding of training and test."""
    norms: dict[str, dict[str, Any]] = {}
    for split, pipeline in pipelines.items():
        norm = {key: pipeline.preprocessing.get(key) for key in ('mean', 'std', 'bgr_to_rgb')}
        if norms and norm not in norms.values() and not data.report.problems:
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
