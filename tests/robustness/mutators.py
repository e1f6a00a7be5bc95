"""Damage files and configs at random, the same way for the same generator."""

from __future__ import annotations

import copy
import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np

PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
PNG_CHUNKS = (b'PLTE', b'tRNS', b'IDAT', b'iCCP', b'iTXt', b'eXIf', b'acTL', b'fdAT')
ODD_VALUES = (
    None,
    True,
    -1,
    0,
    0.5,
    1e9,
    float('nan'),
    float('inf'),
    '',
    'no such thing',
    [],
    {},
    [1],
    (0, 0),
)


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip bits, overwrite, cut, repeat or empty a part, as disks, networks and interrupted copies do."""
    data, size = bytearray(content), len(content)
    start = int(rng.integers(size))
    stop = min(size, start + int(rng.integers(1, 1 + max(1, size // 4))))
    kind = rng.integers(6)
    if kind <= 1:  # the least visible is the most frequent
        data[start] ^= 1 << int(rng.integers(8))
    elif kind == 2:
        data[start : start + 4] = rng.bytes(len(data[start : start + 4]))
    elif kind == 3:
        del data[start:]
    elif kind == 4:
        data[start:stop] = bytes(stop - start)
    else:
        data[start:start] = data[start:stop]
    return bytes(data)


def rearrange_png(content: bytes, rng: np.random.Generator) -> bytes:
    """Move, drop, insert or change a chunk, with valid checksums: what a decoder has to refuse by itself."""
    chunks, place = [], len(PNG_SIGNATURE)
    while place < len(content):
        (length,) = struct.unpack('>I', content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += 12 + length
    one, other = (int(rng.integers(len(chunks))) for _ in range(2))
    kind = rng.integers(4)
    if kind == 0:
        chunks.insert(other, chunks.pop(one))
    elif kind == 1:
        chunks.pop(one)
    elif kind == 2:
        chunks.insert(one, (PNG_CHUNKS[rng.integers(len(PNG_CHUNKS))], rng.bytes(int(rng.integers(0, 30)))))
    else:
        name, data = chunks[one]
        chunks[one] = name, damage(data, rng) if data else b'0'
    parts = (
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in chunks
    )
    return PNG_SIGNATURE + b''.join(parts)


def damage_pickle(content: bytes, rng: np.random.Generator) -> bytes:
    """Damage the pickle inside a checkpoint, with valid checksums."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, 'w') as new:
        for part in old.infolist():
            data = old.read(part)
            new.writestr(part.filename, damage(data, rng) if part.filename.endswith('data.pkl') else data)
    return written.getvalue()


def change_setting(settings: dict[str, Any], rng: np.random.Generator) -> tuple[dict[str, Any], str]:
    """Return the settings with one of them misspelt, dropped or set to an odd value, and what was done."""
    settings = copy.deepcopy(settings)
    places = list(_places(settings))
    holder, key, name = places[rng.integers(len(places))]
    kind = rng.integers(4) if isinstance(holder, dict) else 3
    if kind == 0:
        position = int(rng.integers(len(key)))
        misspelt = key[:position] + 'q' + key[position:]
        holder[misspelt] = holder.pop(key)
        return settings, f'{name} misspelt {misspelt}'
    if kind == 1:
        del holder[key]
        return settings, f'{name} dropped'
    holder[key] = ODD_VALUES[rng.integers(len(ODD_VALUES))]
    return settings, f'{name}={holder[key]!r}'


def _places(node: Any, name: str = ''):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield node, key, f'{name}.{key}'.lstrip('.')
        yield from _places(value, f'{name}.{key}')
