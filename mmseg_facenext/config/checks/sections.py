"""The parts of a config that a registry builds: where they stand, and what their `type` is looked up in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmengine import registry as registries
from mmengine.registry import DefaultScope, Registry


@dataclass(frozen=True)
class Kind:
    """What a part is.

    Attributes:
        word: for a person.
        registry: mmengine's root registry; lookups go through the config's default scope.
    """

    word: str
    registry: Registry


MODEL = Kind('module', registries.MODELS)
LOSS = Kind('loss', registries.MODELS)
LAYER = Kind('layer', registries.MODELS)
INITIALIZER = Kind('initialisation', registries.WEIGHT_INITIALIZERS)
TASK = Kind('module', registries.TASK_UTILS)
DATASET = Kind('data set', registries.DATASETS)
TRANSFORM = Kind('transform', registries.TRANSFORMS)
SAMPLER = Kind('sampler', registries.DATA_SAMPLERS)
METRIC = Kind('metric', registries.METRICS)
HOOK = Kind('hook', registries.HOOKS)
OPTIMIZER = Kind('optimizer', registries.OPTIMIZERS)
OPTIM_WRAPPER = Kind('optimizer wrapper', registries.OPTIM_WRAPPERS)
SCHEDULER = Kind('schedule', registries.PARAM_SCHEDULERS)
LOOP = Kind('loop', registries.LOOPS)
VISUALIZER = Kind('visualizer', registries.VISUALIZERS)
BACKEND = Kind('visualisation backend', registries.VISBACKENDS)
LOG_PROCESSOR = Kind('log processor', registries.LOG_PROCESSORS)

TOP = {
    'model': MODEL, 'tta_model': MODEL, 'optimizer': OPTIMIZER, 'optim_wrapper': OPTIM_WRAPPER,
    'param_scheduler': SCHEDULER, 'train_cfg': LOOP, 'val_cfg': LOOP, 'test_cfg': LOOP, 'val_evaluator': METRIC,
    'test_evaluator': METRIC, 'custom_hooks': HOOK, 'visualizer': VISUALIZER, 'vis_backends': BACKEND,
    'log_processor': LOG_PROCESSOR, 'train_pipeline': TRANSFORM, 'val_pipeline': TRANSFORM,
    'test_pipeline': TRANSFORM, 'tta_pipeline': TRANSFORM,
}  # fmt: skip
# Settings that hold parts without being one, and the kind of their parts by names; '*': whatever the name.
HOLDERS: dict[str, dict[str, Kind]] = {
    'default_hooks': {'*': HOOK},
    'train_dataloader': {'dataset': DATASET, 'sampler': SAMPLER, 'batch_sampler': SAMPLER},
    'val_dataloader': {'dataset': DATASET, 'sampler': SAMPLER, 'batch_sampler': SAMPLER},
    'test_dataloader': {'dataset': DATASET, 'sampler': SAMPLER, 'batch_sampler': SAMPLER},
    'data': {'train': DATASET, 'val': DATASET, 'test': DATASET},  # of 0.x
}
# What a part holds in turn; other dicts in it are values of its own.
INNER: dict[Kind, dict[str, Kind]] = {
    DATASET: {'dataset': DATASET, 'datasets': DATASET, 'pipeline': TRANSFORM},
    OPTIM_WRAPPER: {'optimizer': OPTIMIZER},
    VISUALIZER: {'vis_backends': BACKEND},
}
# Transforms around other transforms; what Albu and its like call `transforms` is none of ours.
AROUND_TRANSFORMS = (
    'TestTimeAug', 'MultiScaleFlipAug', 'Compose', 'RandomApply', 'RandomChoice', 'KeyMapper', 'TransformBroadcaster',
)  # fmt: skip
# Parts that are nothing without a type, and what a part without one is taken for.
NEED_TYPE = (HOOK, TRANSFORM, METRIC, DATASET, OPTIMIZER, SCHEDULER, SAMPLER)
DEFAULT_TYPES = {OPTIM_WRAPPER: 'OptimWrapper', LOG_PROCESSOR: 'LogProcessor', VISUALIZER: 'Visualizer'}
IN_MODELS = {
    'norm_cfg': LAYER, 'act_cfg': LAYER, 'conv_cfg': LAYER, 'upsample_cfg': LAYER, 'init_cfg': INITIALIZER,
    'sampler': TASK, 'assigner': TASK, 'loss_decode': LOSS,
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A dict of a config that a registry builds.

    Attributes:
        path: dotted, lists by position: 'train_dataloader.dataset.pipeline.0'.
        values: the dict.
        kind: by its place.
    """

    path: str
    values: Mapping[str, Any]
    kind: Kind

    @property
    def type(self) -> Any:
        """A name, or a class (of a config in mmengine's new style); None where a needed one is missing."""
        return self.values.get('type', DEFAULT_TYPES.get(self.kind))

    def found(self) -> Any:
        """See `registered`."""
        return registered(self.type, self.kind)


def registered(name: Any, kind: Kind) -> Any:
    """Return the class or function of that name; None if there is none. Within `scope_of` the config."""
    if not isinstance(name, str):
        return name  # a class, or None
    try:
        with kind.registry.switch_scope_and_registry(None) as registry:
            return registry.get(name)
    except RuntimeError:  # mmengine: 'Failed to get a.dotted.name'
        return None


def names_of(kind: Kind) -> list[str]:
    """Return all names that `registered` finds without a scope before them."""
    with kind.registry.switch_scope_and_registry(None) as registry:
        registry.import_from_location()
        names: list[str] = []
        while registry is not None:
            names += registry.module_dict
            registry = registry.parent
    return names


def scope_of(settings: Mapping[str, Any]) -> Any:
    """Return a context in which names are looked up as mmengine does for this config."""
    return DefaultScope.overwrite_default_scope(settings.get('default_scope') or 'mmseg')


def parts(settings: Mapping[str, Any]) -> Iterator[Part]:
    """Yield all of them, outer ones first."""
    for key, value in settings.items():
        if kind := TOP.get(key):
            yield from _below(value, key, kind)
        for name, inner in value.items() if key in HOLDERS and isinstance(value, Mapping) else ():
            if kind := HOLDERS[key].get(name, HOLDERS[key].get('*')):
                yield from _below(inner, f'{key}.{name}', kind)


def _below(value: Any, path: str, kind: Kind) -> Iterator[Part]:
    """Yield the part or the list of parts at `path`, and what is in them."""
    if isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from _below(each, f'{path}.{position}', kind)
    elif isinstance(value, Mapping):
        part = Part(path, value, kind)
        if part.type is not None or kind in NEED_TYPE:
            yield part
        for name, inner in value.items():
            if inner_kind := _inner_kind(part, name):
                yield from _below(inner, f'{path}.{name}', inner_kind)


def _inner_kind(part: Part, name: str) -> Kind | None:
    if part.kind is TRANSFORM:
        return TRANSFORM if name == 'transforms' and part.type in AROUND_TRANSFORMS else None
    if part.kind in (MODEL, LAYER):
        return None if name in ('train_cfg', 'test_cfg') else IN_MODELS.get(name, MODEL)
    return INNER.get(part.kind, {}).get(name)
