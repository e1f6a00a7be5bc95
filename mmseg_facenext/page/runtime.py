"""The files of ONNX Runtime Web, which runs networks in browsers: from the npm registry, or from a folder."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

from ..checkpoints.download import DownloadError, Source, cache_folder, fetch
from ..errors import UserError

PACKAGE, VERSION = 'onnxruntime-web', '1.30.0'
SHA256 = 'd2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71'
"""Of the archive. What npm calls its integrity is
sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="""
FILES = ('ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm')
REGISTRY = 'https://registry.npmjs.org'
SWITCHES = ('npm_config_registry', 'NPM_CONFIG_REGISTRY')
"""Variables by which npm is told another registry."""


def runtime_files(folder: str | os.PathLike[str] | None = None) -> dict[str, bytes]:
    """Return the content of `FILES` by name.

    Args:
        folder: `node_modules/onnxruntime-web/dist`. None takes the archive of `VERSION` from the cache; it is
            downloaded if it is not there, and refused if its SHA-256 is another one.

    Raises:
        UserError: a file is missing, or the archive is not there and cannot be downloaded.
    """
    if folder is not None:
        return {name: _read(Path(folder, name)) for name in FILES}
    try:
        archive = fetch(_source())
    except DownloadError as error:
        raise DownloadError(
            f'{error}; or `npm install {PACKAGE}@{VERSION}` elsewhere, and name its folder dist (--runtime)'
        ) from error
    with tarfile.open(archive) as content:
        files = {name: content.extractfile(f'package/dist/{name}') for name in FILES}
        return {name: file.read() for name, file in files.items() if file}


def _source() -> Source:
    file = f'{PACKAGE}-{VERSION}.tgz'
    registry = next(filter(None, (os.environ.get(switch) for switch in SWITCHES)), REGISTRY).rstrip('/')
    return Source(
        name=f'{PACKAGE} {VERSION}',
        file=cache_folder() / PACKAGE / file,
        addresses=(f'{registry}/{PACKAGE}/-/{file}',),
        page=f'npm pack {PACKAGE}@{VERSION}',
        sha256=SHA256,
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(
            f'cannot read {file} ({error.strerror}): expected the folder dist of {PACKAGE}, with {" and ".join(FILES)}'
        ) from error
