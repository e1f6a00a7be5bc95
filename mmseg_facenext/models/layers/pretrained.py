"""Load `init_cfg=dict(type='Pretrained', checkpoint=...)` in the modules of this package."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule, PretrainedInit, initialize

STRICT = 'mmseg_facenext.checkpoints.strict_pretrained.StrictPretrained'
"""Imported by mmengine's registry when weights are read, so that a module itself reads no files."""


class PretrainedModule(BaseModule):
    """Base of modules whose weights come from a file completely or not at all.

    `init_cfg` takes what mmengine's does. `Pretrained` in it stands for `StrictPretrained`, which translates the names
    of other repositories and refuses a file that lacks weights, where mmengine would leave them at random.
    """

    init_cfg: Any

    def init_weights(self) -> None:
        """Do what `init_cfg` says; files come last, so that nothing else overwrites their weights.

        Raises:
            UserError: a file cannot be read or does not fit.
        """
        given = self.init_cfg
        steps = [step for step in (given if isinstance(given, list) else [given]) if step]
        files = [step for step in steps if step['type'] in ('Pretrained', PretrainedInit)]
        self.init_cfg = [step for step in steps if step not in files]
        try:
            super().init_weights()
        finally:
            self.init_cfg = given
        initialize(self, [{**step, 'type': STRICT} for step in files])
