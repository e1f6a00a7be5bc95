"""Load a label map in a pipeline."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmcv.transforms.base import BaseTransform
from mmengine.logging import print_log
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....taxonomy import IGNORE, get_label_space
from ....utils.read_image import check_proportions, read_labels
from ...celebamask_hq.label_cache import merge_into
from ...celebamask_hq.part_masks import merge_part_masks

WITHOUT_ZERO = np.concatenate([[IGNORE], np.arange(254), [IGNORE]]).astype(np.uint8)
"""uint8[256], mmseg's `reduce_zero_label`: 0 is ignored, the others move down by one, 255 stays."""


@TRANSFORMS.register_module()
class LoadFaceLabels(BaseTransform):
    """Load the label map as `gt_seg_map`, uint8 (H, W), in the ids of the data set's `label_space`.

    It reads `seg_map_path` or, where the data set has `part_masks`, merges them and keeps the result at
    `seg_map_path`. Ids are translated from `stored_label_space` to `label_space`, then by `label_map` (a
    subset of the classes). mmseg's data sets have no label space; their `reduce_zero_label` is applied.

    Sets `ori_shape` to the label map's own (H, W): mmseg resizes its logits to `ori_shape`, so the score is
    taken at the size of the labels (CelebAMask-HQ: 512x512 for photos of 1024x1024).

    A photo that comes from no data set (of `mmseg.apis.inference_model`) has no labels, and stays as it is.

    Args:
        ids: what values of the files mean, where they are no ids yet: `{255: 1}` for masks of 0 and 255. It comes
            first; values that it does not name stay.

    Raises:
        UserError: `ids` holds something other than numbers of 0 to 255.
    """

    def __init__(self, ids: dict[int, int] | None = None) -> None:
        self._warned = False
        self.ids = {int(value): int(label) for value, label in (ids or {}).items()}
        if not all(0 <= number <= 255 for pair in self.ids.items() for number in pair):
            raise UserError(f'LoadFaceLabels: ids maps numbers of 0 to 255 to such numbers, got {ids}')

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Raises:
        UserError: a file is missing or damaged, an id is out of range, the photo has no part mask, or photo
            and labels differ in their proportions.
        """
        if not results.keys() & {'part_masks', 'seg_map_path', 'sample_idx'}:
            return results
        labels = self._merge(results) if 'part_masks' in results else read_labels(results['seg_map_path'])
        if self.ids:
            labels = cv2.LUT(labels, label_map_lut(self.ids))
        if 'num_classes' in results or 'stored_label_space' in results:
            _check_ids(labels, results)
        if 'stored_label_space' in results:
            lut = _translation(results['stored_label_space'], results['label_space'])
            labels = labels if lut is None else cv2.LUT(labels, lut)
        if results.get('reduce_zero_label'):
            labels = cv2.LUT(labels, WITHOUT_ZERO)
        if results.get('label_map') is not None:
            labels = cv2.LUT(labels, label_map_lut(results['label_map']))
        if 'ori_shape' in results:
            source = results.get('seg_map_path') or 'its part masks'
            check_proportions(results['ori_shape'], labels.shape, results['img_path'], source)
        results['gt_seg_map'] = labels
        results['seg_fields'] = [*results.get('seg_fields', []), 'gt_seg_map']
        results['ori_shape'] = labels.shape
        return results

    def _merge(self, results: dict[str, Any]) -> np.ndarray:
        order = get_label_space(results['stored_label_space']).classes
        parts, name, cached = results['part_masks'], results['img_path'], results.get('seg_map_path')
        if cached is None:
            return merge_part_masks(parts, order, name)
        return merge_into(Path(cached), parts, order, name, self._warn_once)

    def _warn_once(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            print_log(
                f'cannot write merged labels ({error}); going on without the cache, which is slower',
                'current',
                level=logging.WARNING,
            )

    def __repr__(self) -> str:
        return f'{type(self).__name__}({f"ids={self.ids}" if self.ids else ""})'


def label_map_lut(label_map: dict[int, int]) -> np.ndarray:
    """Return uint8[256] for a `label_map` of mmseg (old id to new id); other ids stay."""
    lut = np.arange(256, dtype=np.uint8)
    for old, new in label_map.items():
        lut[old] = new
    return lut


@lru_cache
def _translation(stored: str, wanted: str) -> np.ndarray | None:
    return None if stored == wanted else get_label_space(stored).remap_to(get_label_space(wanted))


def _check_ids(labels: np.ndarray, results: dict[str, Any]) -> None:
    name = results.get('stored_label_space')
    number = results['num_classes'] if name is None else get_label_space(name).num_classes
    if labels.max(initial=0) < number:
        return  # nearly always: the count below takes as long as reading the file
    found = np.flatnonzero(np.bincount(labels.ravel(), minlength=256))
    illegal = found[(found >= number) & (found != IGNORE)]
    if illegal.size:
        whose = 'the data set' if name is None else f'label space {name!r}'
        raise UserError(
            f'{results["seg_map_path"]} has label ids {illegal.tolist()}; {whose} has ids '
            f'0 to {number - 1} (and {IGNORE} for pixels to ignore)'
        )
