"""Look at each photo of a data set and its labels, in parallel; what was looked at is kept for the next run."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sys
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from ...errors import UserError
from ...taxonomy import IGNORE, LabelSpace
from ...utils.png import SIGNATURE, damaged_chunk
from ...utils.read_image import check_proportions, open_image, read_labels, read_mask
from .layouts import Entry

CHUNK = 32
SMALL = 4  # middles of classes are measured on every fourth pixel
Facts = dict[str, Any]


def look(root: Path, entry: Entry, space: LabelSpace) -> Facts:
    """Return what there is to know of a photo, as JSON values.

    Keys: `photo`; `stamp` of its files; `problem`, or `size` (width, height), `hash` (perceptual, 64 bits as 16
    digits), `fine` (the same of 256 bits),
    `sha`, `label_size`, `pixels` by id, `middles` (x, y as shares of the picture) by id, `overlaps` of part
    masks ('lower<upper': pixels).
    """
    facts: Facts = {'photo': entry.photo, 'stamp': stamp(root, entry)}
    try:
        facts |= _photo(root / entry.photo)
        labels, overlaps = _labels(root, entry, space)
        width, height = facts['size']
        check_proportions((height, width), labels.shape, entry.photo, next(iter(entry.labels.values())))
        counts = np.bincount(labels.ravel(), minlength=256)
        strange = [
            id_ for id_ in np.flatnonzero(counts).tolist() if id_ >= space.num_classes and id_ != IGNORE
        ]
        if strange:
            name = next(iter(entry.labels.values()))
            facts['problem'] = f'{name}: ids {strange[:8]} are none of the {space.num_classes} classes'
        facts |= {
            'label_size': [labels.shape[1], labels.shape[0]],
            'pixels': {str(label): int(counts[label]) for label in np.flatnonzero(counts)},
            'middles': _middles(labels[::SMALL, ::SMALL]),
            'overlaps': overlaps,
        }
    except UserError as error:
        facts['problem'] = str(error).replace(f'{root}{os.sep}', '')
    return facts


def _photo(path: Path) -> Facts:
    import imagehash

    content = path.read_bytes()
    with open_image(path) as image:
        image.load()
        turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        small = image if min(image.size) < 512 else image.reduce(min(image.size) // 128)
        grey = small.convert('L')
        coarse, fine = imagehash.phash(grey), imagehash.phash(grey, hash_size=16)
        size = image.size[::-1] if turned else image.size
    return {
        'size': list(size),
        'hash': str(coarse),
        'fine': str(fine),
        'sha': hashlib.sha1(content, usedforsecurity=False).hexdigest(),
    }


def _labels(root: Path, entry: Entry, space: LabelSpace) -> tuple[np.ndarray, dict[str, int]]:
    """Return the label map, and how many pixels of a part are covered by a later one."""
    if '' in entry.labels:
        return read_labels(root / entry.labels['']), {}
    labels: np.ndarray | None = None
    overlaps: dict[str, int] = {}
    for label, part in enumerate(space.classes):
        if part not in entry.labels:
            continue
        mask = _mask(root / entry.labels[part])
        if labels is None:
            labels = np.zeros(mask.shape, np.uint8)
        if mask.shape != labels.shape:
            raise UserError(
                f'{entry.labels[part]} is {mask.shape[1]}x{mask.shape[0]}, others are of another size'
            )
        below = labels[mask]
        if below.any():
            counts = np.bincount(below)
            overlaps |= {
                f'{space.classes[lower]}<{part}': int(counts[lower])
                for lower in np.flatnonzero(counts)
                if lower
            }
        labels[mask] = label
    assert labels is not None, 'entries have masks'
    return labels, overlaps


def _mask(path: Path) -> np.ndarray:
    """`read_mask`, in two thirds of its time for the PNGs of CelebAMask-HQ, which take most of the time."""
    content = path.read_bytes() if path.is_file() else b''
    if content.startswith(SIGNATURE) and not damaged_chunk(content):
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is not None and pixels.ndim == 3 and pixels.shape[2] == 3:
            return cv2.bitwise_or(cv2.bitwise_or(pixels[..., 0], pixels[..., 1]), pixels[..., 2]) != 0
    return read_mask(path)


def _middles(labels: np.ndarray) -> dict[str, list[float]]:
    flat = labels.ravel()
    counts = np.bincount(flat, minlength=256)
    height, width = labels.shape
    columns = np.bincount(flat, np.tile(np.arange(width, dtype=np.float32), height), minlength=256)
    rows = np.bincount(flat, np.repeat(np.arange(height, dtype=np.float32), width), minlength=256)
    return {
        str(label): [
            round(float(columns[label] / counts[label] / width), 4),
            round(float(rows[label] / counts[label] / height), 4),
        ]
        for label in np.flatnonzero(counts)
    }


def stamp(root: Path, entry: Entry) -> str:
    """Return what changes when one of the files does."""
    facts = []
    for path in (entry.photo, *entry.labels.values()):
        try:
            status = os.stat(root / path)
            facts.append(f'{status.st_size}.{status.st_mtime_ns}')
        except OSError:
            facts.append('missing')
    return hashlib.sha1(' '.join(facts).encode(), usedforsecurity=False).hexdigest()[:16]


def look_at_all(
    root: Path, entries: Sequence[Entry], space: LabelSpace, kept: Path, workers: int
) -> Generator[Facts, None, None]:
    """Yield the facts of every entry; those that `kept`, a file of lines of JSON, has already come first."""
    known: dict[str, Facts] = {}
    if kept.is_file():
        for line in kept.read_text(encoding='utf-8').splitlines():
            try:
                facts = json.loads(line)
            except ValueError:
                continue  # the last one, cut off
            known[facts['photo']] = facts
    fresh: list[Entry] = []
    for entry in entries:
        facts = known.get(entry.photo)
        if facts and facts['stamp'] == stamp(root, entry):
            yield facts
        else:
            fresh.append(entry)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open('a', encoding='utf-8') as file:
        for facts in _looked_at(root, fresh, space, workers):
            file.write(json.dumps(facts) + '\n')
            yield facts


def _looked_at(
    root: Path, entries: Sequence[Entry], space: LabelSpace, workers: int
) -> Generator[Facts, None, None]:
    if workers <= 1 or len(entries) <= CHUNK:
        yield from (look(root, entry, space) for entry in entries)
        return
    context = multiprocessing.get_context('fork' if sys.platform == 'linux' else None)
    chunks = [entries[start : start + CHUNK] for start in range(0, len(entries), CHUNK)]
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = [pool.submit(_look_at_chunk, root, chunk, space) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _look_at_chunk(root: Path, entries: Sequence[Entry], space: LabelSpace) -> list[Facts]:
    Image.init()
    return [look(root, entry, space) for entry in entries]
