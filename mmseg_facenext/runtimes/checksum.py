"""A checksum in an exported file, over all of it and the file of weights beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from ..errors import UserError

KEY = 'facenext_sha256'
"""Of the metadata. Its value is computed while this one holds its place."""
PLACE = '0' * 64
# The key, then what protobuf (ONNX) or XML (OpenVINO) puts between it and its value.
STORED = re.compile(rb'facenext_sha256.{1,12}?([0-9a-f]{64})', re.DOTALL)


def write_checksum(files: Sequence[Path]) -> None:
    """Put the checksum of all `files` into the last one, whose metadata hold `KEY` with `PLACE`."""
    contents = [file.read_bytes() for file in files]
    stored = STORED.search(contents[-1])
    assert stored is not None, 'the metadata of this package reserve its place'
    contents[-1] = _with(contents[-1], stored, PLACE.encode())
    files[-1].write_bytes(_with(contents[-1], stored, _digest(contents)))


def check_checksum(files: Sequence[Path]) -> None:
    """Compare the checksum in the last of `files`, where it has one, before any library parses it.

    Raises:
        UserError: the files have changed since they were exported, or come from two exports.
    """
    contents = [file.read_bytes() for file in files]
    if not (stored := STORED.search(contents[-1])):
        return  # not a file of this package, as its metadata will say
    contents[-1] = _with(contents[-1], stored, PLACE.encode())
    if _digest(contents) != stored[1]:
        names = ' and '.join(str(file) for file in reversed(files))
        pair = ' or do not belong together' if len(files) > 1 else ''
        raise UserError(f'{names}: damaged{pair}, for the checksum is another one: copy or export again')


def _with(content: bytes, stored: re.Match[bytes], digest: bytes) -> bytes:
    return content[: stored.start(1)] + digest + content[stored.end(1) :]


def _digest(contents: Sequence[bytes]) -> bytes:
    digest = sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest().encode()
