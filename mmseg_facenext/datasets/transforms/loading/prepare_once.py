"""Cache the result of the deterministic steps of a pipeline."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmcv.transforms.base import BaseTransform
from mmengine.dataset import Compose
from mmengine.logging import print_log
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....utils.atomic import atomic_path

_FACTS = 'facts'  # the entry for everything that is no array
_SOURCES = ('img_path', 'seg_map_path', 'part_masks')


@TRANSFORMS.register_module()
class PrepareOnce(BaseTransform):
    """Run `steps`, store their result for each image in `folder`, and read it from there the next time.

    For the steps at the head of a training pipeline that draw no random numbers: loading, merging, resizing.
    Reading 512x512 pixels and labels as they are takes a fraction of the time of decoding JPEG and PNG files, for
    1 MB per image on disk. An entry is written anew when the image, its labels or the steps have changed or it
    is damaged. Any number of workers and processes may share a folder.

    Args:
        steps: transforms, the way a pipeline lists them.
        folder: where the entries are kept; None keeps nothing.
    """

    def __init__(self, steps: Sequence[dict[str, Any]], folder: str | None = None) -> None:
        if folder is not None and Path(folder).exists() and not Path(folder).is_dir():
            raise UserError(f'PrepareOnce keeps its entries in a folder, but {folder} is a file')
        self._steps = Compose(list(steps))
        self._recipe = repr(list(steps))
        self.folder = None if folder is None else Path(folder)
        self._warned = False

    def transform(self, results: dict[str, Any]) -> dict[str, Any] | None:
        """Raises:
        UserError: from the steps, or they leave what cannot be kept.
        """
        if self.folder is None:
            return self._steps(results)
        before = dict(results)
        entry, source = self._entry(results), self._fingerprint(results)
        kept = _read(entry, source)
        if kept is not None:
            return {**results, **kept}
        after = self._steps(results)
        if after is not None:
            new = {key: value for key, value in after.items() if value is not before.get(key)}
            try:
                _write(entry, new, source)
            except OSError as error:
                self._warn_once(error)
        return after

    def _entry(self, results: dict[str, Any]) -> Path:
        """Return one file per image, also where images of several folders have equal names."""
        path = os.path.abspath(results['img_path'])
        return self.folder / f'{Path(path).stem}-{_hash(path)[:8]}.npz'  # type: ignore[operator]

    def _fingerprint(self, results: dict[str, Any]) -> str:
        """Return a hash of the steps, of the facts of the data set, and of size and time of change of every file."""
        files: list[str] = []
        for key in _SOURCES:
            value = results.get(key)
            files += value.values() if isinstance(value, dict) else [value] if value else []
        # A label map that the steps themselves write into a cache is no source.
        merged = results.get('seg_map_path') if 'part_masks' in results else None
        stamps = [_stamp(path) for path in files if path != merged]
        facts = {key: value for key, value in results.items() if key not in (*_SOURCES, 'sample_idx')}
        return _hash('\n'.join([self._recipe, repr(sorted(facts.items())), *stamps]))

    def _warn_once(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            print_log(
                f'cannot keep prepared images in {self.folder} ({error}); going on without, which is slower',
                'current',
                level=logging.WARNING,
            )

    def __repr__(self) -> str:
        return f'{type(self).__name__}(steps={self._recipe}, folder={self.folder})'


def _hash(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _stamp(path: str) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return f'{path} missing'  # the step that reads it explains
    return f'{path} {status.st_size} {status.st_mtime_ns}'


def _write(path: Path, results: dict[str, Any], source: str) -> None:
    """Write arrays as they are and everything else as JSON, in one uncompressed archive.

    Raises:
        OSError: the folder cannot be written, the disk is full.
        UserError: a step left something that is neither an array nor a plain value.
    """
    arrays = {key: value for key, value in results.items() if isinstance(value, np.ndarray)}
    plain = {key: value for key, value in results.items() if key not in arrays}
    tuples = [key for key, value in plain.items() if isinstance(value, tuple)]
    try:
        facts = json.dumps({'source': source, 'tuples': tuples, 'plain': plain})
    except TypeError as error:
        raise UserError(
            f'PrepareOnce keeps arrays, numbers and texts, but its steps left {", ".join(plain)} ({error}): '
            'list the steps that pack or draw random numbers after it'
        ) from error
    arrays[_FACTS] = np.frombuffer(facts.encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary, temporary.open('wb') as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def _read(path: Path, source: str) -> dict[str, Any] | None:
    """Read what `_write` wrote; None if it is missing, damaged or from another source."""
    try:
        with np.load(path) as archive:
            facts = json.loads(archive[_FACTS].tobytes())
            if facts['source'] != source:
                return None
            arrays = {key: archive[key] for key in archive.files if key != _FACTS}
    # RuntimeError: where it is damaged, the archive asks for a password or another compression.
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile):
        return None
    plain = facts['plain']
    return {**arrays, **plain, **{key: tuple(plain[key]) for key in facts['tuples']}}
