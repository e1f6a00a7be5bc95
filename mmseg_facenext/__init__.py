"""Face parsing: a label for every pixel of a face.

    from mmseg_facenext import FaceParser

Importing the package is quick and changes nothing. `mmseg_facenext.register` brings its modules to mmseg's
registries; what needs PyTorch or mmsegmentation is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = '0.1.0'

_HOME = {
    'FaceParser': '.inference.face_parser',
    'FaceParsing': '.inference.results',
    'register': '.register',
    **dict.fromkeys(
        (
            'CELEBAMASK_HQ',
            'CELEBAMASK_HQ_BISENET',
            'CELEBAMASK_HQ_SEGFACE',
            'HELEN',
            'LABEL_SPACES',
            'LAPA',
            'LabelSpace',
            'get_label_space',
        ),
        '.taxonomy',
    ),
}
__all__ = ['__version__', *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    module = import_module(_HOME[name], __name__)
    return module if name == 'register' else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
