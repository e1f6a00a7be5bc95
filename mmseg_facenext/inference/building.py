"""A config's model and what its test pipeline does to photos, without training or data set around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS, TRANSFORMS
from torch import nn

from .. import register  # noqa: F401  -- brings our modules to mmseg
from ..checkpoints.label_space_of import innermost_dataset
from ..errors import UserError

OF_DATA_SETS = ('Load', 'Pack', 'CropToFace', 'ScoreAtNetworkSize')


def build_segmentor(cfg: Config) -> nn.Module:
    """`cfg.model` on the CPU with the weights of its constructors; nothing is downloaded.

    Raises:
        UserError: the config names an unknown module or gives arguments that it does not take.
    """
    try:
        with _scope(cfg):
            return MODELS.build(cfg.model)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        AssertionError,
        ImportError,
        RuntimeError,
    ) as error:
        if isinstance(error, RuntimeError) and 'negative dimension' not in str(error):
            raise
        reason = ' '.join(map(str, error.args)).partition('. Please check')[0]
        raise UserError(f'cannot build the model of config {cfg.filename}: {reason}') from error


def build_resizing(cfg: Config) -> list[Callable[[dict], dict]]:
    """Return the steps of the test pipeline between loading and packing; each takes and gives a dict with `img`.

    Steps about labels and boxes of a data set, which a photo by itself does not have, are left out.

    Raises:
        UserError: the config has no test pipeline.
    """
    pipeline = _held_out(cfg).get('pipeline') or cfg.get('test_pipeline')
    if not pipeline:
        raise UserError(
            f"config {cfg.filename} has no test pipeline: the size of the network's input is unknown"
        )
    with _scope(cfg):
        return [TRANSFORMS.build(step) for step in pipeline if not _name(step).startswith(OF_DATA_SETS)]


def set_resizing(cfg: Config, steps: list[dict[str, Any]]) -> None:
    """Let photos be prepared by `steps`, whatever the test pipeline did with them."""
    if dataset := _held_out(cfg):
        dataset['pipeline'] = steps
    cfg.test_pipeline = steps


def _held_out(cfg: Config) -> Any:
    """Return the data set to test on; that of a training augments its photos."""
    loaders = {key: cfg[key] for key in ('test_dataloader', 'val_dataloader') if cfg.get(key)}
    return innermost_dataset(loaders) or {}


def _name(step: dict[str, Any]) -> str:
    """Return the class name, without a scope or module before it."""
    return getattr(step['type'], '__name__', str(step['type'])).rpartition('.')[2]


def _scope(cfg: Config) -> Any:
    """mmengine looks types up in the scope of the last Runner, whichever that was."""
    return DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg'))
