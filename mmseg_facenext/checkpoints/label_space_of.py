"""Which classes a model's outputs stand for: what the checkpoint says, else what the config says."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmseg.registry import DATASETS

from ..errors import UserError
from ..taxonomy import LABEL_SPACES, LabelSpace, find_label_space, get_label_space
from ..utils.hues import hue
from ..utils.wrapped_datasets import inner_datasets
from . import LoadReport, class_disagreement

logger = logging.getLogger(__name__)


def label_space_of(cfg: Config, report: LoadReport | None, outputs: int) -> LabelSpace:
    """Return the label space of a model with that many `outputs`.

    Where config and checkpoint disagree, the checkpoint is believed, for its weights were trained that way,
    and a warning is logged; unless only the config's classes are as many as the outputs. Outputs that nobody names
    are called by their numbers, with a warning.

    Raises:
        UserError: config and checkpoint name more classes than the model has outputs.
    """
    configured, trained = _configured(cfg), _trained(report)
    spaces = [space for space in (trained, configured) if space is not None]
    space = next((space for space in spaces if space.num_classes == outputs), None)
    if space is None and all(space.num_classes < outputs for space in spaces):
        return _numbered(outputs, spaces)
    if space is None:
        known = ' and '.join(f'{space.num_classes} ({space.name})' for space in spaces) or 'unknown'
        raise UserError(
            f'the model of {cfg.filename} has {outputs} outputs, but the number of its classes is {known}: '
            'set model.decode_head.num_classes to that of the data set'
        )
    if configured and trained and (difference := class_disagreement(trained.classes, configured.classes)):
        logger.warning(
            'the checkpoint was trained on %s (its classes: %s; the config: %s); using those of %s',
            difference,
            trained.name,
            configured.name,
            space.name,
        )
    return space


def _numbered(outputs: int, spaces: Sequence[LabelSpace]) -> LabelSpace:
    """Return the classes that are named, and numbers for those that are not."""
    named = spaces[0].classes if spaces else ()
    logger.warning(
        'neither config nor checkpoint names the classes%s: they are called class_%d to class_%d',
        f' behind the first {len(named)}' if named else '',
        len(named),
        outputs - 1,
    )
    classes = (*named, *(f'class_{index}' for index in range(len(named), outputs)))
    palette = _palette(None, outputs)
    if spaces:
        palette = (*spaces[0].palette, *palette[len(named) :])
    return LabelSpace(
        name=f'{outputs} classes',
        classes=classes,
        titles=tuple(name.replace('_', ' ') for name in classes),
        palette=palette,
        sides='subject',
    )


def _trained(report: LoadReport | None) -> LabelSpace | None:
    if report is None or report.classes is None:
        return None
    dataset_meta = report.meta.get('dataset_meta') or {}
    palette = dataset_meta.get('palette') or report.meta.get('PALETTE')
    return described_space('checkpoint', {'classes': report.classes, 'palette': palette})


def _configured(cfg: Config) -> LabelSpace | None:
    dataset = innermost_dataset(cfg)
    if dataset is None:
        return None
    metainfo = dataset.get('metainfo') or {}
    if dataset.get('label_space') and not metainfo.get('classes'):
        return get_label_space(dataset['label_space'])
    kind = dataset.get('type')
    registered = DATASETS.get(kind) if isinstance(kind, str) else kind
    return described_space(str(kind), {**getattr(registered, 'METAINFO', {}), **metainfo})


def innermost_dataset(cfg: Mapping[str, Any] | Config) -> Mapping[str, Any] | None:
    """Return the data set that the config tests on, without RepeatDataset or ConcatDataset around it."""
    for key in ('test_dataloader', 'val_dataloader', 'train_dataloader'):
        dataset = next(inner_datasets((cfg.get(key) or {}).get('dataset')))
        if dataset:
            return dataset
    return None


def described_space(name: str, metainfo: Mapping[str, Any]) -> LabelSpace | None:
    """Return one of the known label spaces if the classes are those, else one made of names and colours given.

    Args:
        name: what to call one that is not known.
        metainfo: of an mmseg data set; without `classes` there is no label space.
    """
    classes = _class_names(metainfo.get('classes'))
    if not classes:
        return None
    known = LABEL_SPACES.get(metainfo.get('label_space', ''))
    if known is None or known.classes != tuple(classes):
        known = find_label_space(classes)
    if known is not None:
        return known
    return LabelSpace(
        name=name,
        classes=tuple(classes),
        titles=tuple(name.replace('_', ' ') for name in classes),
        palette=_palette(metainfo.get('palette'), len(classes)),
        sides='subject',
    )


def _class_names(classes: Any) -> tuple[str, ...]:
    """Names as they are, or the lines of a file of names, as mmseg takes both."""
    if isinstance(classes, str):
        file = Path(classes)
        return tuple(file.read_text().split('\n')) if file.is_file() else ()
    return tuple(map(str, classes or ()))


def _palette(palette: Sequence[Sequence[int]] | str | None, number: int) -> tuple[tuple[int, int, int], ...]:
    """Return the colours given, or hues a golden angle apart, so that neighbours differ."""
    if palette and not isinstance(palette, str) and len(palette) >= number:  # 0.x also knows 'random'
        return tuple((int(r), int(g), int(b)) for r, g, b in palette[:number])
    return tuple(hue(index) for index in range(number))
