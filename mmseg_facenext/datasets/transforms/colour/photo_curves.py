"""Exposure, contrast, colour cast and saturation far beyond photometric distortion."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from ....errors import UserError


@TRANSFORMS.register_module()
class PhotoCurves(BaseTransform):
    """Gives each channel a curve of its own and mixes the channels, by two tables and a 3x3 matrix.

    A value v in [0, 1] becomes (v^gamma - 0.5) * contrast + 0.5 + brightness, where gamma, contrast and brightness
    are partly common to the channels (exposure) and partly their own (colour cast). Then saturation and hue change
    around the grey axis.

    Args:
        exposure: standard deviation of log2(gamma), of log2(contrast) by half of it, of brightness by a fifth.
        cast: the same, of each channel by itself.
        saturation: largest factor and, inverted, smallest factor of the distance from grey.
        hue: standard deviation of the turn around the grey axis, in degrees.
        grey: probability of a picture without colours.
        prob: probability of doing anything, 0 to 1.

    Raises:
        UserError: an argument makes no sense.
    """

    def __init__(
        self,
        exposure: float = 0.5,
        cast: float = 0.15,
        saturation: float = 1.8,
        hue: float = 10,
        grey: float = 0.1,
        prob: float = 0.8,
    ) -> None:
        if min(exposure, cast, hue) < 0 or saturation < 1 or not (0 <= grey <= 1 and 0 <= prob <= 1):
            raise UserError(
                'PhotoCurves needs exposure, cast and hue of 0 or more, saturation of 1 or more, grey and prob '
                f'from 0 to 1, got exposure={exposure}, cast={cast}, saturation={saturation}, hue={hue}, '
                f'grey={grey}, prob={prob}'
            )
        self.exposure = exposure
        self.cast = cast
        self.saturation = saturation
        self.hue = hue
        self.grey = grey
        self.prob = prob

    @cache_randomness
    def _draw(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return uint8 curves (256, 1, 3) and the matrix (3, 3) of the channels; None to do nothing."""
        chance, colourless, vivid = np.random.rand(3)  # noqa: NPY002 (seeded per worker by mmengine)
        common, own = np.random.randn(3, 1), np.random.randn(3, 3)  # noqa: NPY002
        turn = np.random.randn() * self.hue  # noqa: NPY002
        if chance >= self.prob:
            return None
        amount = (self.exposure * common + self.cast * own) * np.array([[1], [0.5], [0.2]])
        gamma, contrast = 2.0 ** amount[:2].clip(-2, 2)
        values = np.linspace(0, 1, 256)[:, None] ** gamma
        values = (values - 0.5) * contrast + 0.5 + amount[2]
        curves = (values.clip(0, 1) * 255 + 0.5).astype(np.uint8)[:, None]
        factor = 0.0 if colourless < self.grey else self.saturation ** (2 * vivid - 1)
        return curves, colour_matrix(factor, turn)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """`img` is BGR uint8 (H, W, 3) before and after."""
        if (drawn := self._draw()) is not None:
            curves, matrix = drawn
            results['img'] = cv2.transform(cv2.LUT(results['img'], curves), matrix)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(exposure={self.exposure}, cast={self.cast}, saturation={self.saturation}, '
            f'hue={self.hue}, grey={self.grey}, prob={self.prob})'
        )


def colour_matrix(saturation: float, degrees: float) -> np.ndarray:
    """Return float64 (3, 3): distances from the grey axis times `saturation`, turned around it by `degrees`."""
    axis, _ = cv2.Rodrigues(np.full(3, np.deg2rad(degrees) / np.sqrt(3)))
    grey = np.full((3, 3), 1 / 3)
    return grey + saturation * (axis - grey)
