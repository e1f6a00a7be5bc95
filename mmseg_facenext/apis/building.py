"""A config's model, without its training around it."""

from __future__ import annotations

from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS
from torch import nn

from ..errors import UserError


def build_segmentor(cfg: Config) -> nn.Module:
    """`cfg.model` on the CPU with the weights of its constructors; nothing is downloaded.

    Raises:
        UserError: the config names an unknown module or gives arguments that it does not take.
    """
    try:
        with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
            return MODELS.build(cfg.model)
    except (KeyError, TypeError, ValueError, AttributeError, AssertionError, ImportError) as error:
        reason = ' '.join(map(str, error.args)).partition('. Please check')[0]
        raise UserError(f'cannot build the model of config {cfg.filename}: {reason}') from error
