"""Face parsing on mmsegmentation: importing this package registers all of its modules with mmseg.

Where PyTorch or mmsegmentation is not installed, there is nothing to register: what is left serves exported
models (`mmseg_facenext.inference.FaceParser('model.onnx')`) and needs neither.
"""

import gc

from .utils.training_stack import TRAINING_STACK

_collecting = gc.isenabled()
gc.disable()  # a sixth of the time of the import would go into looking for garbage in what it makes
try:
    if TRAINING_STACK:
        from . import upstream  # noqa: F401  isort: skip  -- first: ours replace upstream's modules of the same name

        from . import (
            datasets,  # noqa: F401
            engine,  # noqa: F401
            evaluation,  # noqa: F401
            inference,  # noqa: F401
            models,  # noqa: F401
        )
        from .config import mmseg0  # noqa: F401
        from .synthetic import drawn_faces_dataset, load_drawn_face  # noqa: F401
except KeyboardInterrupt:  # importing takes seconds; Ctrl-C meanwhile is no reason for a traceback
    raise SystemExit(130) from None
finally:
    if _collecting:
        gc.enable()

__version__ = '0.1.0'
