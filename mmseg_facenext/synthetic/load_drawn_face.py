"""Drawing a face in a pipeline."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmseg.registry import TRANSFORMS

from ..datasets.transforms.loading.load_face_labels import label_map_lut
from ..taxonomy import get_label_space
from .drawing import Photographs, draw_face
from .faces import encode, face_rng, write_file


@TRANSFORMS.register_module()
class LoadDrawnFace(BaseTransform):
    """Draws the face that `DrawnFacesDataset` names: `img`, BGR uint8 (S, S, 3), `gt_seg_map`, uint8 (S, S).

    Takes the place of `LoadFaceImage` and `LoadFaceLabels`. Where the data set has a cache, the face is read from
    there, or drawn and kept there, as one PNG whose fourth channel holds the labels.

    Args:
        keep_labels: later steps resize the picture only, so that the score is taken at the size of the drawing.
    """

    def __init__(self, keep_labels: bool = False) -> None:
        self.keep_labels = keep_labels

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        both = self._cached(results)  # (S, S, 4), BGR and labels
        image, labels = np.ascontiguousarray(both[..., :3]), np.ascontiguousarray(both[..., 3])
        if (stored := results['stored_label_space']) != (wanted := results['label_space']):
            labels = cv2.LUT(labels, get_label_space(stored).remap_to(get_label_space(wanted)))
        if results.get('label_map') is not None:
            labels = cv2.LUT(labels, label_map_lut(results['label_map']))
        results['img'] = image
        results['img_shape'] = results['ori_shape'] = image.shape[:2]
        results['gt_seg_map'] = labels
        if not self.keep_labels:  # what `seg_fields` names is resized with the picture
            results['seg_fields'] = [*results.get('seg_fields', []), 'gt_seg_map']
        return results

    def _cached(self, results: dict[str, Any]) -> np.ndarray:
        if (file := results.get('cached')) is None:
            return _drawn(*results['face'])
        both = cv2.imread(file, cv2.IMREAD_UNCHANGED) if Path(file).exists() else None
        if both is None:  # not there yet, or damaged
            both = _drawn(*results['face'])
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            write_file(Path(file), encode('.png', both, cv2.IMWRITE_PNG_COMPRESSION, 1))
        return both

    def __repr__(self) -> str:
        return f'{type(self).__name__}(keep_labels={self.keep_labels})'


def _drawn(seed: int, n: int, size: int, folder: str | None, without: tuple[str, ...]) -> np.ndarray:
    image, labels = draw_face(face_rng(seed, n), size, _photographs(folder) if folder else None, without)
    return np.dstack([image[..., ::-1], labels])


@lru_cache(maxsize=2)
def _photographs(folder: str) -> Photographs:
    """Read once in each worker."""
    return Photographs(folder)
