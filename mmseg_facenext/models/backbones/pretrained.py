"""What `init_cfg=dict(type='Pretrained', checkpoint=...)` does in the backbones of this package."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule, PretrainedInit

STRICT = 'mmseg_facenext.checkpoints.strict_pretrained.StrictPretrained'
"""Imported by mmengine's registry when weights are read, so that a backbone itself reads no files."""


class PretrainedBackbone(BaseModule):
    """Base of backbones whose weights come from a file completely or not at all.

    `init_cfg` takes what mmengine's does. `Pretrained` in it stands for `StrictPretrained`, which translates the names
    of other repositories and refuses a file that lacks weights, where mmengine would leave them at random.
    """

    init_cfg: Any

    def init_weights(self) -> None:
        """Do what `init_cfg` says.

        Raises:
            UserError: the file cannot be read or does not fit.
        """
        given = self.init_cfg
        steps = [_strict(step) for step in (given if isinstance(given, list) else [given]) if step]
        # Weights from a file come last: what else `init_cfg` draws must not overwrite them.
        self.init_cfg = sorted(steps, key=lambda step: step['type'] == STRICT)
        try:
            super().init_weights()
        finally:
            self.init_cfg = given


def _strict(step: dict[str, Any]) -> dict[str, Any]:
    return {**step, 'type': STRICT} if step['type'] in ('Pretrained', PretrainedInit) else step
