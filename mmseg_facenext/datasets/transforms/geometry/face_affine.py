"""Rotate, scale and shift a photo together with its labels and landmarks."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....taxonomy import IGNORE

INTERPOLATIONS = {'bilinear': cv2.INTER_LINEAR, 'bicubic': cv2.INTER_CUBIC}


@TRANSFORMS.register_module()
class FaceAffine(BaseTransform):
    """Rotate and scale around the centre of the image, then shift; the size of the image stays.

    The defaults are SegFace's augmentation of LaPa (Narayan et al., AAAI 2025); each is drawn uniformly. What comes
    into the picture from outside is black and, in the labels, `IGNORE` (FaRL leaves it out of the loss too).

    Args:
        angle: largest rotation to either side, in degrees.
        scale: smallest and largest factor; above 1 the face grows.
        shift: largest shift in x and in y to either side, in pixels.
        interpolation: of the image, 'bilinear' or 'bicubic'; labels take the nearest pixel's.
        prob: probability of doing anything, 0 to 1.
        pad_val: what comes into the image from outside, 0 to 255.
        seg_pad_val: the same for the labels.

    Raises:
        UserError: an argument makes no sense.
    """

    def __init__(
        self,
        angle: float = 30,
        scale: tuple[float, float] = (0.5, 3.0),
        shift: float = 20,
        interpolation: str = 'bilinear',
        prob: float = 1.0,
        pad_val: int = 0,
        seg_pad_val: int = IGNORE,
    ) -> None:
        if not (len(scale) == 2 and 0 < scale[0] <= scale[1]):
            raise UserError(f'FaceAffine needs scale=(smallest, largest), both above 0, got scale={scale}')
        if angle < 0 or shift < 0 or not 0 <= prob <= 1:
            raise UserError(
                'FaceAffine needs angle and shift of 0 or more and prob from 0 to 1, got '
                f'angle={angle}, shift={shift}, prob={prob}'
            )
        if interpolation not in INTERPOLATIONS:
            raise UserError(
                f'FaceAffine: unknown interpolation {interpolation!r}; choose {", ".join(INTERPOLATIONS)}'
            )
        self.angle = angle
        self.scale = scale
        self.shift = shift
        self.interpolation = interpolation
        self.prob = prob
        self.pad_val = pad_val
        self.seg_pad_val = seg_pad_val

    @cache_randomness
    def _draw(self) -> tuple[float, float, float, float] | None:
        """Draw degrees, factor, shift in x and y; None leaves the photo as it is."""
        chance, turn, grow, right, down = np.random.rand(5)  # noqa: NPY002 (seeded per worker by mmengine)
        if chance >= self.prob:
            return None
        smallest, largest = self.scale
        return (
            self.angle * (2 * turn - 1),
            smallest + (largest - smallest) * grow,
            self.shift * (2 * right - 1),
            self.shift * (2 * down - 1),
        )

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        drawn = self._draw()
        if drawn is None:
            return results
        height, width = results['img'].shape[:2]
        matrix = affine_matrix(width, height, *drawn)

        def warp(pixels: np.ndarray, flags: int, border: int) -> np.ndarray:
            return cv2.warpAffine(
                pixels, matrix, (width, height), flags=flags, borderValue=(border, border, border)
            )

        results['img'] = warp(results['img'], INTERPOLATIONS[self.interpolation], self.pad_val)
        for key in results.get('seg_fields', []):
            if results[key].shape[:2] != (height, width):
                raise UserError(
                    f'FaceAffine needs labels of the size of the photo, {width}x{height}, got '
                    f'{results[key].shape[1]}x{results[key].shape[0]}; put it after Resize'
                )
            results[key] = warp(results[key], cv2.INTER_NEAREST, self.seg_pad_val)
        if 'landmarks' in results:
            mapped = results['landmarks'] @ matrix[:, :2].T + matrix[:, 2]
            results['landmarks'] = mapped.astype(np.float32)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(angle={self.angle}, scale={self.scale}, shift={self.shift}, '
            f'interpolation={self.interpolation!r}, prob={self.prob}, pad_val={self.pad_val}, '
            f'seg_pad_val={self.seg_pad_val})'
        )


def affine_matrix(
    width: int, height: int, angle: float, scale: float, right: float, down: float
) -> np.ndarray:
    """Return float64 (2, 3) that takes (x, y, 1) to its new place: turned clockwise by `angle` degrees and scaled
    around the middle of the image, then shifted by `right` and `down` pixels."""
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    radians = np.deg2rad(angle)
    cosine, sine = scale * np.cos(radians), scale * np.sin(radians)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, middle - turn @ middle + (right, down)])
