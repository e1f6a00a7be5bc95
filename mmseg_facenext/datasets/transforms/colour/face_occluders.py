"""Things in front of a face."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....taxonomy import IGNORE


@TRANSFORMS.register_module()
class FaceOccluders(BaseTransform):
    """Covers parts of the photo with shapes: bars, blots and boxes, of one colour, of noise, or of the photo elsewhere.

    What they cover is labelled `label`: in CelebAMask-HQ things in front of a face are background (0). A share of
    them erases (Zhong et al., "Random Erasing", 2020): those labels are `IGNORE`.

    Args:
        prob: probability of one shape or more, 0 to 1.
        number: the most shapes.
        size: smallest and largest extent as a share of the photo's side.
        label: of what is covered.
        erase: share of shapes whose pixels are left out of the loss.

    Raises:
        UserError: an argument makes no sense.
    """

    def __init__(
        self,
        prob: float = 0.25,
        number: int = 3,
        size: tuple[float, float] = (0.08, 0.35),
        label: int = 0,
        erase: float = 0.3,
    ) -> None:
        if not 0 <= prob <= 1 or not 0 <= erase <= 1 or number < 1 or not 0 < size[0] <= size[1] <= 1:
            raise UserError(
                'FaceOccluders needs prob and erase from 0 to 1, number of 1 or more and size=(smallest, largest) up '
                f'to 1, got prob={prob}, erase={erase}, number={number}, size={size}'
            )
        self.prob = prob
        self.number = number
        self.size = size
        self.label = label
        self.erase = erase

    @cache_randomness
    def _seed(self) -> int | None:
        chance = np.random.rand()  # noqa: NPY002 (seeded per worker by mmengine)
        seed = np.random.randint(2**31)  # noqa: NPY002
        return int(seed) if chance < self.prob else None

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """`img` is BGR uint8 (H, W, 3), labels are (H, W) of the same size."""
        if (seed := self._seed()) is None:
            return results
        rng = np.random.default_rng(seed)
        photo = results['img'] = results['img'].copy()
        for _ in range(rng.integers(1, self.number + 1)):
            mask = self._shape(rng, *photo.shape[:2])
            photo[mask] = _filling(rng, photo)[mask]
            label = IGNORE if rng.random() < self.erase else self.label
            for key in results.get('seg_fields', []):
                results[key] = np.where(mask, np.uint8(label), results[key])
        return results

    def _shape(self, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
        """Draw the shape of one occluder: bool (H, W)."""
        low, high = np.log(self.size)
        axes = np.exp(rng.uniform(low, high, 2)) * (width, height) / 2
        centre = rng.uniform(0, 1, 2) * (width, height)
        turn = rng.uniform(0, np.pi)
        kind = rng.integers(3)
        around = np.linspace(0, 2 * np.pi, 5 if kind == 0 else 25)[:-1] + (np.pi / 4 if kind == 0 else 0)
        radius = 1 + (0.25 * rng.standard_normal(len(around)) if kind == 2 else 0)
        points = np.column_stack([np.cos(around), np.sin(around)]) * axes * np.reshape(radius, (-1, 1))
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [np.round(points @ rotation.T + centre).astype(np.int32)], 1)
        return mask.astype(bool)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(prob={self.prob}, number={self.number}, size={self.size}, label={self.label}, '
            f'erase={self.erase})'
        )


def _filling(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """BGR uint8 (H, W, 3): one colour with soft noise, or the photo shifted."""
    if rng.random() < 0.4:
        shift = rng.integers(0, photo.shape[:2])
        return np.roll(photo, shift, (0, 1))
    height, width = photo.shape[:2]
    colour = (
        photo[rng.integers(height), rng.integers(width)] if rng.random() < 0.5 else rng.integers(0, 256, 3)
    )
    side = int(rng.integers(2, 17))
    noise = rng.standard_normal((side, side)).astype(np.float32) * rng.uniform(0, 40)
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return (colour.astype(np.float32) + noise[..., None]).clip(0, 255).astype(np.uint8)
