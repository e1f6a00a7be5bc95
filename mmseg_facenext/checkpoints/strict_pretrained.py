"""`init_cfg=dict(type='Pretrained')` that fills a module completely or not at all."""

from __future__ import annotations

from typing import Any

from mmengine.logging import print_log
from mmengine.model import update_init_info
from mmengine.model.weight_init import PretrainedInit
from torch import nn

from .loading import load_weights
from .reading import read_checkpoint, state_dict_of


class StrictPretrained(PretrainedInit):
    """mmengine's `PretrainedInit`, by `load_weights`: names are translated, and a file that does not fit is refused.

    mmengine only logs what a file lacks, and leaves it at random. The modules of this package name this class
    in their `init_cfg` by its full path, see `models/layers/pretrained.py`.

    A module with a method `load_foreign(state_dict)` gets the weights of the file as they are and fits them itself.

    Args:
        checkpoint: whatever `read_checkpoint` takes.
        prefix: only keys that start with it count, and lose it.
        trust: read a file that holds code too, see `read_checkpoint`.
        map_location: accepted for mmengine; the file is read on the CPU and copied to where the module is.
    """

    def __init__(
        self,
        checkpoint: str,
        prefix: str | None = None,
        trust: bool = False,
        map_location: Any = 'cpu',
    ) -> None:
        super().__init__(checkpoint, prefix, map_location)
        self.trust = trust

    def __call__(self, module: nn.Module) -> None:
        """Fill `module`.

        Raises:
            UserError: see `load_weights`.
        """
        if hasattr(module, 'load_foreign'):
            module.load_foreign(state_dict_of(read_checkpoint(self.checkpoint, trust=self.trust)))
            done = f'weights from {self.checkpoint}'
        else:
            done = str(load_weights(module, self.checkpoint, prefix=self.prefix or '', trust=self.trust))
        print_log(f'{type(module).__name__}: {done}', logger='current')
        if hasattr(module, '_params_init_info'):
            update_init_info(module, init_info=self._get_init_info())
