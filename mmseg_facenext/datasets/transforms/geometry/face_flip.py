"""Flip a photo and swap its left and right labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....taxonomy import IGNORE, get_label_space
from ...landmarks import mirror_landmarks
from ..loading.load_face_labels import label_map_lut


@TRANSFORMS.register_module()
class FaceFlip(BaseTransform):
    """Flip photo, labels and landmarks horizontally and swap left and right classes.

    mmcv's `RandomFlip` mirrors the pixels only, so a left eye would still be called left where it is a right
    one now. Adds `flip` and `flip_direction` as mmcv does, so that test-time augmentation can undo it.

    Args:
        prob: probability of a flip, 0 to 1.
        label_space: name of the labels' space; by default the data set's.

    A data set with classes of its own names its pairs: `metainfo=dict(classes=..., flip_pairs=[('left_eye',
    'right_eye')])`; without it, names that differ in `left` and `right` (or `l` and `r`) alone are pairs.
    """

    def __init__(self, prob: float = 0.5, label_space: str | None = None) -> None:
        if not 0 <= prob <= 1:
            raise UserError(f'FaceFlip needs a probability between 0 and 1, got prob={prob}')
        self.prob = prob
        self.label_space = label_space
        self._of_classes: np.ndarray | None = None

    def pair(self, others: Sequence[int | None], classes: Sequence[str]) -> None:
        """Swap the ids of a data set's classes: `others` has each one's other side, see `flip_ids`.

        Raises:
            UserError: `label_space` has other classes.
        """
        if self.label_space and not set(classes) <= set(get_label_space(self.label_space).classes):
            raise UserError(
                f'FaceFlip(label_space={self.label_space!r}) does not know the classes of the data set '
                f'({", ".join(classes[:5])}, ...): leave label_space out, and name the pairs in metainfo.flip_pairs'
            )
        self._of_classes = np.arange(256, dtype=np.uint8)
        self._of_classes[: len(others)] = [IGNORE if other is None else other for other in others][:256]

    @cache_randomness
    def _flips(self) -> bool:
        return bool(np.random.rand() < self.prob)  # noqa: NPY002 (seeded per worker by mmengine)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Raises:
        UserError: there are labels, but nothing says which label space they are in.
        """
        results['flip'] = self._flips()
        results['flip_direction'] = 'horizontal' if results['flip'] else None
        if results['flip']:
            results['img'] = cv2.flip(results['img'], 1)
            if 'landmarks' in results:
                results['landmarks'] = mirror_landmarks(results['landmarks'], results['img'].shape[1])
            for key in results.get('seg_fields', []):
                results[key] = _mirrored(results[key], self._lut(results))
        return results

    def _lut(self, results: dict[str, Any]) -> np.ndarray:
        if self._of_classes is not None:
            return self._of_classes
        name = self.label_space or results.get('label_space')
        if name is None:
            raise UserError(
                'FaceFlip does not know which classes have a left and a right: call pair_sides(dataset) of '
                'mmseg_facenext.datasets.flip_pairs, as training does, or set label_space'
            )
        swap = get_label_space(name).flip_lut()
        if results.get('label_map') is None:
            return swap
        # The labels are already in the ids of a subset: new id -> old id -> its other side -> new id.
        renumber = label_map_lut(results['label_map'])
        lut = np.full(256, IGNORE, dtype=np.uint8)
        for old, new in results['label_map'].items():
            if new != IGNORE:
                lut[new] = renumber[swap[old]]
        return lut

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob}, label_space={self.label_space!r})'


def _mirrored(labels: np.ndarray, lut: np.ndarray) -> np.ndarray:
    """Flip labels of any integer type and return uint8 (H, W); OpenCV, several times as fast as NumPy, takes uint8."""
    return cv2.LUT(cv2.flip(labels, 1), lut) if labels.dtype == np.uint8 else lut[labels[:, ::-1]]
