"""Multi-scale features of any network of timm."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mmseg.registry import MODELS
from torch import Tensor, nn

from ...errors import UserError
from ..layers.pretrained import PretrainedModule

STRIDES = (4, 8, 16, 32)
TIMM = 'timm://'

_BUILDER = 'timm.models._builder'
_SHOWN = 3  # keys that a message lists before it only counts


@MODELS.register_module()
class TimmFeatures(PretrainedModule):
    """The maps of stride 4, 8, 16 and 32 of a network of timm (pytorch-image-models), by its name.

    Args:
        name: for example 'resnet50' or 'swin_tiny_patch4_window7_224'; `timm.list_models()` has them all.
        options: further arguments of `timm.create_model`, for example `dict(img_size=512)`, which networks
            with a fixed input size need.
        init_cfg: `dict(type='Pretrained', checkpoint=...)` with 'timm://' downloads the weights that timm has
            for the name, with a path takes them from a file of timm's. None draws timm's random weights.

    Attributes:
        channels: of the four maps.

    Raises:
        UserError: timm is not installed, does not know the name or the options, or the network has no maps of
            these strides.
    """

    def __init__(
        self,
        name: str,
        options: dict | None = None,
        init_cfg: dict | None = None,
        frozen: Sequence[str] = (),
        norm_eval: bool = False,
    ):
        super().__init__(init_cfg=init_cfg)
        self.name = name
        self.options = dict(options or {})
        self.body = self._create()
        found = self.body.feature_info.reduction()
        if missing := [stride for stride in STRIDES if stride not in found]:
            raise UserError(
                f'{name} of timm has maps of stride {found}, none of stride {missing}: choose a network with '
                'stages, such as a ResNet, a ConvNeXt or a Swin'
            )
        self.indices = [len(found) - 1 - found[::-1].index(stride) for stride in STRIDES]
        self.channels = tuple(self.body.feature_info.channels()[i] for i in self.indices)
        modules = dict(self.body.named_modules())
        if strange := [module for module in frozen if module not in modules]:
            raise UserError(
                f'{name} of timm has no module {strange[0]} to freeze; it has {", ".join(self._parts())}'
            )
        self.frozen = tuple(frozen)
        self.norm_eval = norm_eval
        for module in self.frozen:
            modules[module].requires_grad_(False)
        self.channels_last = getattr(self.body, 'output_fmt', 'NCHW') == 'NHWC'

    def _parts(self) -> list[str]:
        return [part for part, _ in self.body.named_modules() if part and part.count('.') < 2]

    def train(self, mode: bool = True) -> TimmFeatures:
        """Like `nn.Module.train`; frozen modules and, with `norm_eval`, norms stay in evaluation mode."""
        super().train(mode)
        for name, module in self.body.named_modules():
            still = self.norm_eval and isinstance(module, nn.modules.batchnorm._BatchNorm)
            if still or name in self.frozen:
                module.eval()
        return self

    def _create(self, **weights: Any) -> Any:
        try:
            timm = importlib.import_module('timm')
        except ImportError as error:
            raise UserError(f'the backbone {self.name} comes from timm: pip install timm') from error
        try:
            return timm.create_model(self.name, features_only=True, **self.options, **weights)
        except (RuntimeError, TypeError, ValueError, AttributeError, OSError) as error:
            reason = str(error).partition('\n')[0]
            raise UserError(f'timm cannot build {self.name!r} as a feature extractor: {reason}') from error

    def init_weights(self) -> None:
        """Load the weights that `init_cfg` names; without it timm's random ones stay."""
        if self.init_cfg is None:
            return
        if self.init_cfg['checkpoint'] == TIMM:
            self.body.load_state_dict(self._create(pretrained=True).state_dict())
        else:
            super().init_weights()

    def load_foreign(self, state_dict: dict[str, Tensor]) -> None:
        """Take the weights of timm's whole network, whose names and layout timm translates to those of `body`.

        Raises:
            UserError: some that `body` needs are missing, or they have other shapes.
        """
        overlay = dict(state_dict=state_dict)
        with _missing_keys() as missing:
            trained = self._create(pretrained=True, pretrained_cfg_overlay=overlay)
        needed = {_plain(key) for key in self.body.state_dict()}
        if absent := [key for key in missing if _plain(key) in needed]:
            more = f' and {len(absent) - _SHOWN} more' if len(absent) > _SHOWN else ''
            raise UserError(
                f'the weights are not those of {self.name}: missing {", ".join(absent[:_SHOWN])}{more}; '
                'nothing was loaded'
            )
        self.body.load_state_dict(trained.state_dict())

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> maps (B, C_i, H_i, W_i) of stride 4, 8, 16 and 32."""
        maps = self.body(x)
        chosen = (maps[i] for i in self.indices)
        return tuple(x.permute(0, 3, 1, 2) if self.channels_last else x for x in chosen)


@contextmanager
def _missing_keys() -> Iterator[list[str]]:
    """Collect the keys for which timm finds no weights; it reports them only in its log."""
    keys: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        if found := re.match(r'Missing keys \((.*)\) discovered', record.getMessage()):
            keys.extend(found[1].split(', '))
        return record.levelno >= level

    logger = logging.getLogger(_BUILDER)
    level, own = logger.getEffectiveLevel(), logger.level
    logger.addFilter(note)
    logger.setLevel(logging.INFO)
    try:
        yield keys
    finally:
        logger.removeFilter(note)
        logger.setLevel(own)


def _plain(key: str) -> str:
    """Return a key in one form: feature extractors of timm have `layers.0` or `layers_0`."""
    return key.replace('_', '.')
