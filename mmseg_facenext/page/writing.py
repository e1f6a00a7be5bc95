"""The page as a folder that any web server can send; photos are then parsed in the browser."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from hashlib import sha256
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
    """Write the page, networks and ONNX Runtime Web into a folder, and return it. Other files in it stay.

    Args:
        folder: a new one, an empty one, or one that this function wrote.
        models: by the names that people see; the first is the default. None takes the weights of the package.
        runtime: see `runtime_files`.

    Raises:
        UserError: the folder holds something else, a model cannot be used, or ONNX Runtime Web is missing.
    """
    folder = Path(folder).absolute()
    _check_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f'.{folder.name}.', dir=folder.parent) as place:
        _write(Path(place), models or {'face_parser': (None, None)}, runtime_files(runtime))
        folder.mkdir(exist_ok=True)
        for part in Path(place).iterdir():
            old = folder / part.name
            if old.is_dir():
                shutil.rmtree(old)
            os.replace(part, old)
    return folder


def _check_folder(folder: Path) -> None:
    if folder.is_file():
        raise UserError(f'{folder} is a file; expected a folder for the page')
    if folder.is_dir() and any(folder.iterdir()) and not (folder / 'models.json').is_file():
        raise UserError(f'{folder} is not empty and holds no page: choose another folder')


def _write(folder: Path, models: Mapping[str, Model], runtime: Mapping[str, bytes]) -> None:
    (folder / 'runtime').mkdir()
    for name, content in runtime.items():
        Path(folder, 'runtime', name).write_bytes(content)
    shutil.copytree(FILES, folder / 'page', ignore=shutil.ignore_patterns(*OF_SERVERS))
    text = (FILES / 'index.html').read_text()
    (folder / 'index.html').write_text(text.replace('data-asks="server"', 'data-asks="browser"'))
    shutil.copyfile(LICENCES, folder / LICENCES.name)
    detector = Path(folder, 'networks', 'centerface.onnx')
    detector.parent.mkdir()
    outputs = write_centerface(detector)
    settings = {
        'models': [_written(folder, name, model) for name, model in models.items()],
        'detector': {'file': f'networks/{detector.name}', 'outputs': outputs},
        'mattes': MATTES,
        'max_pixels': MAX_PIXELS,
    }
    (folder / 'models.json').write_text(json.dumps(settings, indent=1) + '\n')


def _written(folder: Path, name: str, model: Model) -> dict[str, Any]:
    """Write a network; return its entry in `models.json`.

    The file is named after its content: a browser that keeps an earlier one asks for the new one.
    """
    unnamed = Path(folder, 'networks', 'network.onnx')
    said = write_network(*model, unnamed)
    file = f'networks/{sha256(unnamed.read_bytes()).hexdigest()[:12]}.onnx'
    os.replace(unnamed, folder / file)
    return {'name': name, 'file': file, **said}
