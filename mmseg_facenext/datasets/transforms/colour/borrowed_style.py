"""Colours and soft light of other pictures."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....utils.read_image import read_image


@TRANSFORMS.register_module()
class BorrowedStyle(BaseTransform):
    """Takes the statistics of another picture over: means and deviations of its channels, or its low frequencies.

    Low frequencies: the amplitudes of the Fourier transform around 0 are those of the other picture, the phases
    stay (Yang and Soatto, "FDA", CVPR 2020, https://arxiv.org/abs/2004.05498). Channels: Reinhard et al., "Color
    transfer between images", 2001, in BGR. Both are mixed with the photo's own by a random share.

    Args:
        prob: probability of doing anything, 0 to 1; both ways are as frequent.
        radius: largest radius of the low frequencies, as a share of the side.
        memory: how many of the photos that came before are kept to borrow from, in each worker.
        folder: pictures to borrow from (.jpg, .png) instead of the data set's. They are read when they are needed.

    Raises:
        UserError: an argument makes no sense, or there are no pictures in the folder.
    """

    def __init__(
        self, prob: float = 0.3, radius: float = 0.03, memory: int = 16, folder: str | None = None
    ) -> None:
        if not 0 <= prob <= 1 or not 0 < radius <= 0.5 or memory < 1:
            raise UserError(
                'BorrowedStyle needs prob from 0 to 1, radius up to 0.5 and memory of 1 or more, got '
                f'prob={prob}, radius={radius}, memory={memory}'
            )
        self.prob = prob
        self.radius = radius
        self.memory = memory
        self.folder = folder
        self._files = (
            sorted(p for p in Path(folder).rglob('*') if p.suffix in ('.jpg', '.png')) if folder else []
        )
        if folder and not self._files:
            raise UserError(f'BorrowedStyle: no .jpg or .png in the folder {folder}')
        self._seen: deque[np.ndarray] = deque(maxlen=memory)

    @cache_randomness
    def _draw(self) -> tuple[float, float, float, float, float]:
        """Chance, which picture, which way, share, radius, all in [0, 1)."""
        return tuple(np.random.rand(5))  # noqa: NPY002 (seeded per worker by mmengine)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """`img` is BGR uint8 (H, W, 3) before and after."""
        photo = results['img']
        chance, which, way, share, radius = self._draw()
        if chance < self.prob and (self._files or self._seen):
            other = self._other(which, (photo.shape[1], photo.shape[0]))
            if way < 0.5:
                results['img'] = with_channels_of(photo, other, share)
            else:
                results['img'] = with_low_frequencies_of(photo, other, share, radius * self.radius)
        if not self._files:
            self._seen.append(photo)
        return results

    def _other(self, which: float, size: tuple[int, int]) -> np.ndarray:
        if self._files:
            picture = read_image(self._files[int(which * len(self._files))], (size[1], size[0]))
        else:
            picture = self._seen[int(which * len(self._seen))]
        return (
            picture if picture.shape[1::-1] == size else cv2.resize(picture, size, None, 0, 0, cv2.INTER_AREA)
        )

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(prob={self.prob}, radius={self.radius}, memory={self.memory}, '
            f'folder={self.folder!r})'
        )


def with_channels_of(photo: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """Photo whose channels have `share` of the other's means and deviations, the rest of their own."""
    (mean, std), (new_mean, new_std) = (
        [values.ravel() for values in cv2.meanStdDev(picture)] for picture in (photo, other)
    )
    gain = (share * new_std + (1 - share) * std) / np.maximum(std, 1)
    offset = share * new_mean + (1 - share) * mean - gain * mean
    curves = np.arange(256)[:, None] * gain + offset
    return cv2.LUT(photo, (curves.clip(0, 255) + 0.5).astype(np.uint8)[:, None])


def with_low_frequencies_of(photo: np.ndarray, other: np.ndarray, share: float, radius: float) -> np.ndarray:
    """Photo with `share` of the other's amplitudes at frequencies below `radius` (of the side), the mean too."""
    height, width = photo.shape[:2]
    reach = min(max(1, round(radius * min(height, width))), (min(height, width) - 1) // 2)
    down, across = (
        _waves(height, -reach, reach),
        _waves(width, 0, reach),
    )  # the rest of a spectrum is not needed
    both = np.concatenate([down.real, down.imag])  # real products are quicker than complex ones

    def spectrum(picture: np.ndarray) -> np.ndarray:
        real, imaginary = np.split(both @ picture.reshape(height, -1).astype(np.float32), 2)
        return across @ (real + 1j * imaginary).reshape(-1, width, 3)  # (rows, columns, 3)

    own, borrowed = spectrum(photo), spectrum(other)
    amplitude = np.abs(own)
    mixed = share * np.abs(borrowed) + (1 - share) * amplitude
    change = own * (mixed / np.maximum(amplitude, 1e-3) - 1)
    change[:, 1:] *= 2  # of real pictures, frequencies to the left mirror those to the right
    lines = (across.conj().T @ change).reshape(len(down), -1) / (height * width)
    added = both.T @ np.concatenate([lines.real, lines.imag])
    return ((photo + added.reshape(photo.shape)).clip(0, 255) + 0.5).astype(np.uint8)


@lru_cache(maxsize=32)
def _waves(length: int, first: int, last: int) -> np.ndarray:
    """Return the Fourier transform's waves of some frequencies along a side, complex64 (frequencies, length)."""
    angles = np.outer(np.arange(first, last + 1), np.arange(length)) * (-2 * np.pi / length)
    return np.exp(1j * angles).astype(np.complex64)
