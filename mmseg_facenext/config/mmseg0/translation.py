"""From a config of mmsegmentation 0.x to one of today."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from mmengine.config import Config

from ...errors import UserError
from ..checks.sections import parts
from ..remedies import unknown_type
from .datasets import translate_data
from .model import translate_model
from .own_names import with_own_names
from .runtime import translate_environment, translate_evaluation, translate_hooks
from .schedule import translate_lr, translate_optimizer, translate_runner
from .section import Report, Section

# Settings that only the old engine reads. `optimizer` and `data` are also liked as names of variables.
OLD_KEYS = (
    'data', 'optimizer', 'optimizer_config', 'lr_config', 'momentum_config', 'runner', 'total_iters', 'total_epochs',
    'checkpoint_config', 'evaluation', 'log_config', 'workflow', 'resume_from', 'auto_resume', 'dist_params',
    'cudnn_benchmark', 'mp_start_method', 'opencv_num_threads', 'fp16', 'gpu_ids', 'gpus', 'device', 'seed',
    'deterministic', 'launcher', 'local_rank',
)  # fmt: skip
# One of these alone makes a config an old one; the others of OLD_KEYS may come along.
TELLING_KEYS = (
    'data', 'optimizer', 'optimizer_config', 'lr_config', 'runner', 'total_iters', 'total_epochs', 'checkpoint_config',
    'evaluation', 'log_config', 'dist_params', 'resume_from',
)  # fmt: skip
NEW_KEYS = (
    'train_dataloader', 'val_dataloader', 'test_dataloader', 'optim_wrapper', 'param_scheduler', 'val_cfg',
    'val_evaluator', 'test_evaluator', 'default_hooks', 'env_cfg', 'randomness', 'visualizer', 'vis_backends',
    'log_processor', 'default_scope', 'tta_model', 'tta_pipeline', 'resume', 'model_wrapper_cfg', 'data_preprocessor',
)  # fmt: skip
# Names of variables in mmseg's own configs. A file that was dumped no longer shows what used them.
CUSTOMARY_VARIABLES = (
    'dataset_type', 'data_root', 'img_norm_cfg', 'crop_size', 'img_scale', 'train_pipeline', 'val_pipeline',
    'test_pipeline', 'norm_cfg', 'ham_norm_cfg', 'backbone_norm_cfg', 'num_classes', 'checkpoint_file',
)  # fmt: skip
# Before mmseg 0.9 the model's train_cfg and test_cfg stood at the top, where loops stand now.
LOOP_KEYS = {'type', 'by_epoch', 'max_iters', 'max_epochs'}
# In this order they are read most easily.
ORDER = (
    'custom_imports', 'default_scope', 'model', 'train_pipeline', 'test_pipeline', 'tta_model', 'tta_pipeline',
    'train_dataloader', 'val_dataloader', 'test_dataloader', 'val_evaluator', 'test_evaluator', 'optim_wrapper',
    'param_scheduler', 'train_cfg', 'val_cfg', 'test_cfg', 'default_hooks', 'custom_hooks', 'env_cfg', 'vis_backends',
    'visualizer', 'log_processor',
)  # fmt: skip


def is_legacy(cfg: Config) -> bool:
    """Tell whether a config, with its `_base_` files merged, is one of mmsegmentation 0.x.

    Raises:
        UserError: it has settings of both generations.
    """
    old, new = generations(cfg)
    if old and new:
        raise UserError(
            f'config {cfg.filename} mixes two generations: {", ".join(old)} of mmseg 0.x with {", ".join(new)} '
            'of 1.x: take those of one generation out (`facenext migrate OLD NEW` translates an old file)'
        )
    return bool(old)


def generations(cfg: Config) -> tuple[list[str], list[str]]:
    """Return the settings that only mmseg 0.x reads, and those that only 1.x reads."""
    new = [key for key in NEW_KEYS if key in cfg]
    new += [key for key in ('train_cfg', 'test_cfg') if LOOP_KEYS & (cfg.get(key) or {}).keys()]
    variables = names_read(cfg.text) if new else set()
    return [key for key in TELLING_KEYS if key in cfg and key not in variables], new


def is_old_name(option: str) -> bool:
    """Tell whether a dotted option is named as in an old config, 'data.samples_per_gpu'."""
    return option.partition('.')[0] in OLD_KEYS or option == 'model.pretrained'


def translate(cfg: Config) -> tuple[Config, list[str]]:
    """Return the same training and test for today's engine, and a line for each thing that was translated.

    Args:
        cfg: an old config; it is not changed.

    Within `scope_of` the config.

    Raises:
        UserError: settings without counterpart, all of them at once.
    """
    report = Report()
    top = Section(deepcopy(cfg.to_dict()), '', report)
    length = translate_runner(top)
    sets, preprocessing, num_classes = translate_data(top, length)
    new = translate_model(top, preprocessing, num_classes)
    new.update(sets)
    wrapper = translate_optimizer(top, new['model']['backbone'].get('type', ''))
    schedule = {**wrapper, **translate_lr(top, length)} if length else _without_training(top)
    loops, best = translate_evaluation(top, length, sets)
    new.update(schedule, **loops)
    new.update(translate_hooks(top, bool(length and length.by_epoch), best), default_scope='mmseg')
    new.update(translate_environment(top))
    _drop_variables(top, cfg)
    top.close()
    for part in parts(with_own_names({'model': new['model'], 'optimizer': cfg.to_dict().get('optimizer')})):
        if part.type is not None and part.found() is None:
            report.problem(f'{part.path}.type ({unknown_type(part.type, part.kind)})')
    if report.problems:
        raise UserError(
            f'config {cfg.filename} is of mmseg 0.x and has settings without counterpart: '
            f'{"; ".join(report.problems)}. Change or remove them (docs/migration.md lists what is translated)'
        )
    ordered = {key: new[key] for key in dict.fromkeys((*ORDER, *new)) if key in new}
    return Config(with_own_names(ordered), filename=cfg.filename), report.notes


def _without_training(top: Section) -> dict[str, Any]:
    """Return a config for testing only: nothing says how long to train."""
    if top.take_all('lr_config'):
        top.note('lr_config', 'left out: without runner there is no training')
    return {}


def names_read(text: str) -> set[str]:
    """Return the names that a config's Python text uses, not only assigns: its variables.

    Args:
        text: of the file and its bases, each preceded by its path, as mmengine writes it.
    """
    code = re.sub(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"[^"\n]*"|\'[^\'\n]*\'|#.*', '', text)
    code = '\n'.join(line for line in code.splitlines() if not line.rstrip().endswith('.py'))
    return set(re.findall(r'(?<![\w.])([A-Za-z_]\w*)\b(?!\s*=(?!=))', code))


def _drop_variables(top: Section, cfg: Config) -> None:
    """Of what nobody took, customary names, those that the file uses, and values that were put in elsewhere."""
    used = {*CUSTOMARY_VARIABLES, *names_read(cfg.text)}
    parts = list(_parts(cfg.to_dict()))
    variables = [
        key
        for key, value in top.values.items()
        if key not in OLD_KEYS
        and (
            key in used or (isinstance(value, str | list | tuple | dict) and value and _occurs(value, parts))
        )
    ]
    if top.take_all(*variables):
        top.report.note(f'variables of the file, not needed any more: {", ".join(variables)}')


def _occurs(value: Any, parts: Iterable[Any]) -> bool:
    if isinstance(value, Mapping):
        return any(
            isinstance(part, Mapping) and all(part.get(k) == v for k, v in value.items()) for part in parts
        )
    return any(value == part for part in parts)


def _parts(value: Any, below: bool = False) -> Iterable[Any]:
    """Everything inside the settings, except the settings at the top themselves."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in inner:
        if below:
            yield part
        yield from _parts(part, below=True)
