"""What using a model needs of a config: the model, the names of its classes, the size that it sees photos at.

Configs come with the training that they were written for. To label photos, export or count operations none of it is
needed, so that a data set, a transform, a hook, an optimizer or a loss that is unknown here does not stand in the way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from mmengine.config import Config

from ..taxonomy import LABEL_SPACES
from ..utils.wrapped_datasets import inner_datasets
from .checks.sections import DATASET, TRANSFORM, parts, registered, scope_of
from .losses import without_unknown_losses
from .mmseg0.datasets import LOADERS, RENAMED
from .mmseg0.model import translate_model
from .mmseg0.own_names import with_own_names
from .mmseg0.pipelines import TRANSLATIONS, Pipeline, translate_steps
from .mmseg0.runtime import LOGGER_HOOKS
from .mmseg0.section import Report, Section
from .mmseg0.translation import LOOP_KEYS, generations

# Of ImageNet, in RGB: what nearly every backbone was trained with.
IMAGENET = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True)
SIDE = 512
OLD_STEPS = ('MultiScaleFlipAug', 'Normalize', 'DefaultFormatBundle', 'ImageToTensor', 'Collect')
# Settings of 1.x of which a part is used whatever the rest is.
TAKEN = ('default_scope', 'data_preprocessor', *LOADERS)

Settings = dict[str, Any]


@dataclass
class Remarks:
    """What a person should know: settings that were ignored, and what was assumed for settings that are missing."""

    ignored: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lists = {'ignored': self.ignored, 'assumed': self.assumed}
        return '; '.join(f'{word}: {", ".join(dict.fromkeys(each))}' for word, each in lists.items() if each)


def model_only(cfg: Config) -> tuple[Config, Remarks]:
    """Return a config to use the model by.

    Args:
        cfg: of mmseg 0.x, 1.x, or with parts of both; it is not changed.
    """
    settings, remarks = cfg.to_dict(), Remarks()
    old, new = generations(cfg)
    with scope_of(settings):
        remarks.ignored += _unknown(settings, bool(old))
        if old or 'pretrained' in settings['model']:
            if old:
                remarks.ignored += [key for key in new if key not in TAKEN]
            settings = _translated(settings, remarks)
        else:
            _take_sizes(settings, remarks)
        settings['model'] = without_unknown_losses(settings['model'], remarks.ignored)
    return Config(settings, filename=cfg.filename), remarks


def _unknown(settings: Settings, old: bool) -> list[str]:
    """Everything outside of the model that no registry has."""
    passed = (*LOGGER_HOOKS, *RENAMED, *TRANSLATIONS) if old else ()
    return [
        f'{part.kind.word} {part.type}'
        for part in parts(settings)
        if not part.path.startswith('model.') and part.path != 'model'
        if part.type is not None and part.type not in passed and part.found() is None
    ]


def _take_sizes(settings: Settings, remarks: Remarks) -> None:
    """Make a config of 1.x say how photos are resized, and how they are normalised."""
    dataset = _test_dataset(settings)
    steps = dataset.get('pipeline') or settings.get('test_pipeline')
    steps = _known_steps(steps) if steps else _stretched(settings, remarks)
    settings['test_pipeline'] = steps
    if dataset:
        dataset['pipeline'] = steps
    if 'data_preprocessor' not in settings['model']:
        settings['model']['data_preprocessor'] = settings.get('data_preprocessor') or dict(
            _imagenet(remarks), type='FacePreProcessor'
        )


def _imagenet(remarks: Remarks) -> Settings:
    remarks.assumed.append("ImageNet's normalisation")
    return dict(IMAGENET)


def _translated(settings: Settings, remarks: Remarks) -> Settings:
    """Return the same for a config of which at least a part is of 0.x."""
    report = Report()
    dataset = _test_dataset(settings)
    metainfo = _metainfo(settings)
    steps = dataset.get('pipeline') or settings.get('test_pipeline')
    preprocessing: Settings = {}
    if steps and _is_old(steps):
        steps, preprocessing = _translated_steps(steps, report, remarks)
    steps = _known_steps(steps) if steps else _stretched(settings, remarks)
    own = settings['model'].pop('data_preprocessor', None) or settings.get('data_preprocessor')
    if 'mean' not in preprocessing and not own:
        preprocessing.update(_normalisation(settings) or _imagenet(remarks))
    kinds = [each['type'] for _, each in _datasets(settings) if each.get('type')]
    kind = RENAMED.get(kinds[0], kinds[0]) if kinds else None
    model = _model(settings, preprocessing, _outputs(settings, metainfo, kind), report)
    if own and 'mean' not in preprocessing:
        model['data_preprocessor'] = own
    remarks.ignored += report.problems
    remarks.assumed += [note for note in report.notes if 'num_classes' in note]
    known = registered(kind, DATASET) is not None
    dataset = dict(type=kind if known else 'BaseSegDataset', metainfo=metainfo, pipeline=steps)
    kept = {key: settings[key] for key in ('custom_imports', 'work_dir') if settings.get(key)}
    return dict(
        kept, default_scope='mmseg', model=model, test_pipeline=steps, test_dataloader=dict(dataset=dataset)
    )


def _model(settings: Settings, preprocessing: Settings, outputs: int | None, report: Report) -> Settings:
    top = {key: deepcopy(settings[key]) for key in ('model', 'train_cfg', 'test_cfg') if settings.get(key)}
    top = {key: value for key, value in top.items() if key == 'model' or not LOOP_KEYS & set(value)}
    model = with_own_names(translate_model(Section(top, '', report), preprocessing, outputs)['model'])
    if not (model.get('test_cfg') or {}).get('mode'):
        model['test_cfg'] = dict(model.get('test_cfg') or {}, mode='whole')
    return model


def _datasets(settings: Settings) -> list[tuple[str, Settings]]:
    """(split, data set), the test set first, old ones before new ones, without RepeatDataset and its like around."""
    data = settings.get('data')
    found = []
    for split in ('test', 'val', 'train'):
        loader = settings.get(f'{split}_dataloader')
        for holder, key in ((data, split), (loader, 'dataset')):
            dataset = next(inner_datasets(holder.get(key))) if isinstance(holder, Mapping) else None
            if dataset and isinstance(dataset, dict):
                found.append((split, dataset))
    return found


def _test_dataset(settings: Settings) -> Settings:
    """Return the one whose pipeline photos go through: augmentation is for training only."""
    held_out = [dataset for split, dataset in _datasets(settings) if split != 'train']
    return next((one for one in held_out if one.get('pipeline')), held_out[0] if held_out else {})


def _metainfo(settings: Settings) -> Settings:
    """Return names and colours of the classes as far as a config names them."""
    for _, dataset in _datasets(settings):
        given = {
            **(dataset.get('metainfo') or {}),
            **{k: dataset[k] for k in ('classes', 'palette') if dataset.get(k)},
        }
        if given.get('classes'):
            return given
    return {}


def _outputs(settings: Settings, metainfo: Settings, kind: Any) -> int | None:
    """Return the number of classes that spare outputs are cut to; None leaves the model as it is.

    Weights of as many rows as a known label space has (19, 11) are never cut: a file may name no classes.
    """
    head = settings['model'].get('decode_head')
    head = head[-1] if isinstance(head, list | tuple) and head else head
    if isinstance(head, Mapping) and head.get('num_classes') in {
        s.num_classes for s in LABEL_SPACES.values()
    }:
        return None
    classes = metainfo.get('classes') or getattr(registered(kind, DATASET), 'METAINFO', {}).get('classes')
    return len(classes) if isinstance(classes, list | tuple) else None


def _is_old(steps: Any) -> bool:
    return any(step.get('type') in OLD_STEPS for step in steps if isinstance(step, Mapping))


def _translated_steps(steps: Any, report: Report, remarks: Remarks) -> tuple[list[Settings], Settings]:
    """Today's transforms, and what the data preprocessor does instead: normalising, padding."""
    pipeline = Pipeline(False, report)
    try:
        translate_steps(_known_steps(steps, TRANSLATIONS), 'pipeline', pipeline)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        remarks.ignored.append(f'the test pipeline ({type(error).__name__}: {error})')
        return [], {}
    found = dict(pipeline.preprocessing)
    sizes = {key: found.pop(key) for key in ('size', 'size_divisor') if key in found}
    return with_own_names(pipeline.steps), {**found, **(dict(test_cfg=sizes) if sizes else {})}


def _known_steps(steps: Any, also: Collection[str] = ()) -> list[Settings]:
    """Without transforms that are not registered; those of `also` are translated."""
    known = []
    for step in steps if isinstance(steps, list | tuple) else ():
        kind = step.get('type') if isinstance(step, Mapping) else None
        if kind is None or (kind not in also and registered(kind, TRANSFORM) is None):
            continue
        inner = dict(transforms=_known_steps(step['transforms'], also)) if kind == 'MultiScaleFlipAug' else {}
        known.append({**step, **inner})
    return known


def _normalisation(settings: Settings) -> Settings | None:
    """By the training pipeline, or by the variable that mmseg's configs have for it."""
    for _, dataset in reversed(_datasets(settings)):
        for step in dataset.get('pipeline') or ():
            if isinstance(step, Mapping) and step.get('type') == 'Normalize':
                return _renamed(step)
    given = settings.get('img_norm_cfg')
    return _renamed(given) if isinstance(given, Mapping) and 'mean' in given else None


def _renamed(norm: Mapping[str, Any]) -> Settings:
    return dict(mean=list(norm['mean']), std=list(norm['std']), bgr_to_rgb=norm.get('to_rgb', True))


def _stretched(settings: Settings, remarks: Remarks) -> list[Settings]:
    """Return a pipeline for a config that has none."""
    size = (settings['model'].get('data_preprocessor') or {}).get('size') or settings.get('crop_size')
    size = tuple(size) if isinstance(size, list | tuple) and len(size) == 2 else (SIDE, SIDE)
    remarks.assumed.append(f'photos are stretched to {size[1]}x{size[0]}, as no test pipeline is given')
    return [
        dict(type='LoadImageFromFile'),
        dict(type='FaceResize', scale=size[::-1], keep_ratio=False),
        dict(type='PackFaceInputs'),
    ]
