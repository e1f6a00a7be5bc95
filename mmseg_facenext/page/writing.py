"""The page as a folder that any web server can send; photos are then parsed in the browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from . import FILES, MATTES
from .networks import write_centerface, write_network
from .runtime import runtime_files

MAX_PIXELS = 50_000_000
"""Of a photo that the page takes."""
OF_SERVERS = ('index.html', 'docs.*', 'server.js')
"""Files of the page that are of no use beside it in a folder; `index.html` is changed and moves up."""
LICENCES = Path(__file__).parent / 'licences.txt'

Model = tuple[str | os.PathLike[str] | None, str | os.PathLike[str] | None]
"""Model and checkpoint, as `FaceParser` takes them."""


def write_page(
    folder: str | os.PathLike[str],
    models: Mapping[str, Model] | None = None,
    runtime: str | os.PathLike[str] | None = None,
) -> Path:
    """Write the page, networks and ONNX Runtime Web into a folder, and return it.

    Args:
        folder: a new one, an empty one, or one that this function wrote.
        models: by the names that people see; the first is the default. None takes the weights of the package.
        runtime: see `runtime_files`.

    Raises:
        UserError: the folder holds something else, a model cannot be used, or ONNX Runtime Web is missing.
    """
    folder = Path(folder)
    _check_folder(folder)
    runtime_content = runtime_files(runtime)
    shutil.copytree(FILES, folder / 'page', ignore=shutil.ignore_patterns(*OF_SERVERS), dirs_exist_ok=True)
    for name in ('networks', 'runtime'):
        (folder / name).mkdir(exist_ok=True)
    for name, content in runtime_content.items():
        Path(folder, 'runtime', name).write_bytes(content)
    settings: dict[str, Any] = {
        'models': [
            _written(folder, name, number, model)
            for number, (name, model) in enumerate((models or {'face_parser': (None, None)}).items(), start=1)
        ],
        'detector': {
            'file': 'networks/centerface.onnx',
            'outputs': write_centerface(folder / 'networks/centerface.onnx'),
        },
        'mattes': MATTES,
        'max_pixels': MAX_PIXELS,
    }
    (folder / 'models.json').write_text(json.dumps(settings, indent=1) + '\n')
    shutil.copyfile(LICENCES, folder / LICENCES.name)
    text = (FILES / 'index.html').read_text()
    (folder / 'index.html').write_text(text.replace('data-asks="server"', 'data-asks="browser"'))
    return folder


def _check_folder(folder: Path) -> None:
    if folder.is_file():
        raise UserError(f'{folder} is a file; expected a folder for the page')
    if folder.is_dir() and any(folder.iterdir()) and not (folder / 'models.json').is_file():
        raise UserError(f'{folder} is not empty and holds no page: choose another folder')


def _written(folder: Path, name: str, number: int, model: Model) -> dict[str, Any]:
    """Write a network under a number, for its name may be any text; return its entry in `models.json`."""
    file = f'networks/{number}.onnx'
    return {'name': name, 'file': file, **write_network(*model, folder / file)}
