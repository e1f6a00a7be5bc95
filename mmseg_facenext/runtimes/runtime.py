"""What the runtimes have in common."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .metadata import Metadata

INPUT, OUTPUT = 'photos', 'logits'


class Runtime(ABC):
    """An exported model, ready to run.

    Shapes:
        B photos, C classes, h and w of the network's input.

    Attributes:
        name: of the library, for people.
        path: the file.
        metadata: what the file says about itself.
        batch: the only B that the file takes, None for any.
        size: the only (h, w) that the file takes, None for any.
        precision: that the network computes in.
    """

    name: str
    path: Path
    metadata: Metadata
    batch: int | None
    size: tuple[int | None, int | None]
    precision: str

    @abstractmethod
    def __init__(self, path: Path, threads: int | None = None, precision: str = 'float32'): ...

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """RGB uint8 (B, h, w, 3) -> logits float32 (B, C, h, w).

        A file that takes one photo at a time is run B times. Any number of threads may call at once.

        Raises:
            UserError: the array is no such batch, or not of the size that the file was exported for.
        """
        self._check(photos)
        if self.batch is None or self.batch == len(photos):
            return self._run(photos)
        return np.concatenate([self._run(photo[None]) for photo in photos])

    @classmethod
    def precisions(cls) -> tuple[str, ...]:
        """Return what `precision` can be on this machine; the library must be installed."""
        return ('float32',)

    @abstractmethod
    def _run(self, photos: np.ndarray) -> np.ndarray:
        """`__call__` of a batch that fits."""

    def _check(self, photos: np.ndarray) -> None:
        height, width = self.size
        expected = f'uint8 (B, {height or "h"}, {width or "w"}, 3)'
        fits = photos.dtype == np.uint8 and photos.ndim == 4 and photos.size and photos.shape[3] == 3
        if not fits or (height or photos.shape[1], width or photos.shape[2]) != photos.shape[1:3]:
            raise UserError(
                f'{self.path} takes photos as {expected}, got {photos.dtype} {photos.shape}'
                + ('; export it with --dynamic for other sizes' if fits else '')
            )


def optional_package(name: str) -> Any:
    """That package.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f'the package {name} is missing: pip install {name}') from error


def unreadable(path: Path, kind: str, error: Exception) -> UserError:
    """Say in one line what a runtime could not do; each has its own exceptions, of many lines."""
    reason = ' '.join(str(error).split())[:200]
    return UserError(f'{path} is truncated or no {kind} model: export it again ({reason})')
