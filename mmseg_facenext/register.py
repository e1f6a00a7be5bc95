"""Register the modules of this package with mmseg; importing this file does it.

    custom_imports = dict(imports=['mmseg_facenext.register'], allow_failed_imports=False)

`MSCAN` and `LightHamHead` take the place of upstream's: the same arguments, names of weights and numbers, in less
time and memory. Every other class of ours has a name of its own, so that nothing else changes for configs
that do not ask for it.
"""

from mmseg.registry import MODELS

from .utils import upstream  # noqa: F401  isort: skip  -- first, so that upstream's classes are there to be replaced

from . import (
    engine,  # noqa: F401
    evaluation,  # noqa: F401
    models,
)
from .config.mmseg0 import legacy_lr  # noqa: F401
from .datasets import *  # noqa: F403  -- all of them
from .synthetic import (
    drawn_faces_dataset,  # noqa: F401
    load_drawn_face,  # noqa: F401
)

REPLACED = (models.MSCAN, models.LightHamHead)

for _module in REPLACED:
    MODELS.register_module(module=_module, force=True)
