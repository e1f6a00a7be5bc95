"""Weights in one file with the description of their network, as those that come with the package."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..checkpoints import locate_checkpoint, read_checkpoint
from ..checkpoints.label_space_of import innermost_dataset
from ..checkpoints.locating import PACKAGED
from ..errors import UserError

SUFFIX = '.safetensors'
NETWORK = 'network'
# Of the model, what only training reads.
TRAINING_KEYS = ('train_cfg', 'pretrained', 'init_cfg', 'loss_decode', 'frozen', 'norm_eval')


def is_network_file(model: Any) -> bool:
    """Tell whether `model` is to be read as such a file: by the end of its name."""
    return isinstance(model, (str, os.PathLike)) and os.fspath(model).endswith(SUFFIX)


def describe_network(cfg: Config) -> dict[str, Any]:
    """Return the model, classes and test pipeline of `cfg` as plain values, for the metadata of a file.

    Raises:
        UserError: the config has no data set with a test pipeline.
    """
    dataset = innermost_dataset(cfg) or {}
    if not dataset.get('pipeline'):
        raise UserError(f'config {cfg.filename} has no test pipeline, which a parser of photos needs')
    model = {key: value for key, value in _plain(cfg.model).items() if key not in TRAINING_KEYS}
    for part in ('backbone', 'decode_head'):
        model[part] = {key: value for key, value in model[part].items() if key not in TRAINING_KEYS}
    model.get('data_preprocessor', {}).pop('batch_augments', None)
    told = {
        key: _plain(dataset[key]) for key in ('type', 'label_space', 'metainfo', 'pipeline') if key in dataset
    }
    return {
        'model': model,
        'test_dataloader': {'dataset': told},
        'default_scope': cfg.get('default_scope', 'mmseg'),
    }


def config_in(file: str | os.PathLike[str]) -> Config:
    """Return the config of the network in a file that `publish` wrote with `network`; nothing of it is executed.

    Args:
        file: its path, address or name.

    Raises:
        UserError: there is no such file, or it says nothing of its network.
    """
    path = locate_checkpoint(file)
    meta = read_checkpoint(path).get('meta')
    described = meta.get(NETWORK) if isinstance(meta, Mapping) else None
    if described is None:
        raise UserError(
            f'{path} holds weights but no description of their network: give its config too, or publish it again '
            'with --config'
        )
    # With a text of its own mmengine does not read the file for one.
    return Config(described, cfg_text=json.dumps(described), filename=str(path))


def packaged_file() -> Path:
    """Return the weights that come with the package.

    Raises:
        UserError: this copy of the package has none.
    """
    if not PACKAGED.is_file():
        raise UserError(
            f'no weights come with this copy of the package ({PACKAGED}): give a config and a checkpoint'
        )
    return PACKAGED


def _plain(value: Any) -> Any:
    """Config values as those of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, type):
        return value.__name__
    return value
