"""Face parsing on mmsegmentation: importing this package registers all of its modules with mmseg.

Where PyTorch or mmsegmentation is not installed, there is nothing to register: what is left serves exported
models (`mmseg_facenext.apis.FaceParser('model.onnx')`) and needs neither.
"""

import gc

from .training_stack import TRAINING_STACK

_collecting = gc.isenabled()
gc.disable()  # a sixth of the time of the import would go into looking for garbage in what it makes
try:
    if TRAINING_STACK:
        from . import upstream  # noqa: F401  isort: skip  -- first: ours replace upstream's modules of the same name

        from . import apis, datasets, engine, evaluation, legacy, models  # noqa: F401
except KeyboardInterrupt:  # importing takes seconds; Ctrl-C meanwhile is no reason for a traceback
    raise SystemExit(130) from None
finally:
    if _collecting:
        gc.enable()

__version__ = '0.1.0'
