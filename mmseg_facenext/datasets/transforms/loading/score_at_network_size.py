"""Scoring at the size that a network sees."""

from __future__ import annotations

from typing import Any

import cv2
from mmcv.transforms.base import BaseTransform
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ScoreAtNetworkSize(BaseTransform):
    """Have the score taken at the photo's present size, that of the network's input, instead of the label map's.

    Label maps of another size are resized to it: each pixel takes the label of the nearest one (of pixel centres,
    as Pillow does it). `ori_shape`, to which mmseg brings its logits, becomes that size, and `label_shape` is that of
    the label map before, which the protocol statement of `FaceMetric` tells. Belongs into test pipelines, behind the
    steps that load and resize. SegFace is scored this way (Kartik-3004/SegFace).
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        if not results.get('seg_fields') and 'sample_idx' not in results:
            return results  # a photo by itself, of mmseg.apis.inference_model
        size = results['img'].shape[:2]
        for key in results.get('seg_fields', []):
            if results[key].shape[:2] != size:
                results[key] = cv2.resize(results[key], size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        results['label_shape'], results['ori_shape'] = results['ori_shape'], size
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
