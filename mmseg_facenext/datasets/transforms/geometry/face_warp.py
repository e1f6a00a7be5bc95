"""Turning, scaling, stretching, shifting and tilting a face while it is brought to the network's size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....taxonomy import IGNORE
from .face_affine import affine_matrix


@TRANSFORMS.register_module()
class FaceWarp(BaseTransform):
    """One warp in the place of Resize, rotation, scale, stretch, shift and perspective, so that pixels are read once.

    Unlike `FaceAffine`, which has SegFace's numbers, lengths are shares of the picture: the same settings do at
    every size. What comes into the picture from outside mirrors the photo and, in the labels, is `IGNORE`.

    Args:
        size: (width, height) of the result.
        angle: standard deviation of the rotation in degrees, cut off at three of them.
        scale: smallest and largest factor, drawn on a logarithmic scale; above 1 the face grows.
        stretch: largest change of the proportions, 0.2 for 1/1.2 to 1.2.
        shift: largest shift in x and in y to either side, as a share of the side.
        perspective: largest move of each corner inwards or outwards, as a share of the side.
        prob: probability of all that, 0 to 1; otherwise the photo is resized only.

    Raises:
        UserError: an argument makes no sense.
    """

    def __init__(
        self,
        size: tuple[int, int],
        angle: float = 15,
        scale: tuple[float, float] = (0.6, 1.6),
        stretch: float = 0.15,
        shift: float = 0.15,
        perspective: float = 0.06,
        prob: float = 0.9,
    ) -> None:
        if len(size) != 2 or min(size) < 1:
            raise UserError(f'FaceWarp: size must be (width, height) in pixels, got {size}')
        if not (len(scale) == 2 and 0 < scale[0] <= scale[1]):
            raise UserError(f'FaceWarp needs scale=(smallest, largest), both above 0, got scale={scale}')
        if min(angle, stretch, shift) < 0 or not 0 <= perspective < 0.5 or not 0 <= prob <= 1:
            raise UserError(
                'FaceWarp needs angle, stretch and shift of 0 or more, perspective below 0.5 and prob from 0 to 1, '
                f'got angle={angle}, stretch={stretch}, shift={shift}, perspective={perspective}, prob={prob}'
            )
        self.size = (int(size[0]), int(size[1]))
        self.angle = angle
        self.scale = scale
        self.stretch = stretch
        self.shift = shift
        self.perspective = perspective
        self.prob = prob

    @cache_randomness
    def _draw(self) -> tuple[tuple[float, ...], np.ndarray] | None:
        """Growth, stretch, shifts in [0, 1), turn in deviations; moves (4, 2) of the corners. None only resizes."""
        chance, *drawn = np.random.rand(5)  # noqa: NPY002 (seeded per worker by mmengine)
        turn = np.clip(np.random.randn(), -3, 3)  # noqa: NPY002
        corners = np.random.uniform(-1, 1, (4, 2)) * self.perspective  # noqa: NPY002
        return None if chance >= self.prob else ((*drawn, turn), corners)

    def matrix(self, height: int, width: int) -> np.ndarray:
        """Return float64 (3, 3) from pixels (x, y, 1) of the photo to those of the result."""
        out_width, out_height = self.size
        resize = np.array(
            [
                [out_width / width, 0, 0.5 * out_width / width - 0.5],  # pixel centres have whole coordinates
                [0, out_height / height, 0.5 * out_height / height - 0.5],
                [0, 0, 1],
            ]
        )
        if (drawn := self._draw()) is None:
            return resize
        (grow, wide, right, down, turn), moves = drawn
        low, high = np.log(self.scale)
        factor = np.exp(low + (high - low) * grow)
        turned = affine_matrix(
            out_width,
            out_height,
            self.angle * turn,
            factor,
            self.shift * (2 * right - 1) * out_width,
            self.shift * (2 * down - 1) * out_height,
        )
        stretched = np.diag([(1 + self.stretch) ** (2 * wide - 1), 1.0, 1.0])
        stretched[0, 2] = (1 - stretched[0, 0]) * (out_width - 1) / 2
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * (out_width - 1, out_height - 1)
        moved = corners + moves * self.size
        tilt = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32))
        return tilt @ np.vstack([turned, (0, 0, 1)]) @ stretched @ resize

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Raises:
        UserError: photo and labels differ in size.
        """
        height, width = results['img'].shape[:2]
        matrix = self.matrix(height, width)
        results['img'] = warped_photo(results['img'], matrix, self.size)
        for key in results.get('seg_fields', []):
            if results[key].shape[:2] != (height, width):
                raise UserError(
                    f'FaceWarp needs labels of the size of the photo, {width}x{height}, got '
                    f'{results[key].shape[1]}x{results[key].shape[0]}; put a resize of both before it'
                )
            results[key] = cv2.warpPerspective(
                results[key], matrix, self.size, flags=cv2.INTER_NEAREST, borderValue=(IGNORE,)
            )
        if 'landmarks' in results:
            mapped = np.column_stack([results['landmarks'], np.ones(len(results['landmarks']))]) @ matrix.T
            results['landmarks'] = (mapped[:, :2] / mapped[:, 2:]).astype(np.float32)
        results['img_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(size={self.size}, angle={self.angle}, scale={self.scale}, '
            f'stretch={self.stretch}, shift={self.shift}, perspective={self.perspective}, prob={self.prob})'
        )


def warped_photo(photo: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return uint8 (H, W, 3) -> (size[1], size[0], 3); where it shrinks to less than half, averages come first."""
    height, width = photo.shape[:2]
    step = int(abs(np.linalg.det(matrix[:2, :2])) ** -0.5)
    if step > 1 and min(height, width) >= 2 * step:
        small = cv2.resize(photo, (width // step, height // step), interpolation=cv2.INTER_AREA)
        back = np.diag([width / (width // step), height / (height // step), 1.0])
        back[:2, 2] = np.diag(back)[:2] / 2 - 0.5
        photo, matrix = small, matrix @ back
    return cv2.warpPerspective(photo, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
