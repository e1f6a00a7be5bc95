"""Cutting the square around a face out of a photo and its labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms.base import BaseTransform
from mmseg.registry import TRANSFORMS

from ....errors import UserError


@TRANSFORMS.register_module()
class CropToFace(BaseTransform):
    """Cut out the square around `face_box`, as SegFace does on Helen in training and testing.

    The side is int(factor * the longer extent of the box) and the middle int(the box's middle), where an extent is
    largest - smallest + 1. What reaches out of the photo is cut off, so that the result may be no square. Source:
    Kartik-3004/SegFace, data set of Helen.

    Takes `face_box`, float (4,): left, top, right, bottom in pixels, of `HelenDataset`. `img`, label maps and
    `landmarks` become those of the cut; `crop` says where it lies in the photo: left, top, right, bottom, int, the
    latter two outside.

    Args:
        factor: above 0.

    Raises:
        UserError: `factor` is not above 0; when used: there is no box, it lies outside the photo, or the labels are
            not as large as the photo.
    """

    def __init__(self, factor: float = 1.2) -> None:
        if not factor > 0:
            raise UserError(f'CropToFace needs a factor above 0, got {factor}')
        self.factor = factor

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        image = results.get('img_path', 'a photo')
        if not results.keys() & {'face_box', 'sample_idx', 'seg_fields'}:
            return results  # a photo by itself, of mmseg.apis.inference_model
        if results.get('face_box') is None:
            raise UserError(
                f'{image} comes without face_box, around which CropToFace cuts: HelenDataset(landmarks=True) has it'
            )
        height, width = results['img'].shape[:2]
        left, top, right, bottom = square_around(results.pop('face_box'), self.factor, (height, width))
        if left >= right or top >= bottom:
            raise UserError(
                f'{image} is {width}x{height}, but its landmarks lie outside of that: they are taken to be in pixels '
                'of a photo twice as large; for others set landmark_scale of HelenDataset'
            )
        for key in ('img', *results.get('seg_fields', [])):
            if results[key].shape[:2] != (height, width):
                raise UserError(
                    f'CropToFace needs labels of the size of the photo, {width}x{height}, got '
                    f'{results[key].shape[1]}x{results[key].shape[0]} of {image}'
                )
            results[key] = np.ascontiguousarray(results[key][top:bottom, left:right])
        results['crop'] = (left, top, right, bottom)
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        if 'landmarks' in results:
            results['landmarks'] = results['landmarks'] - np.array([left, top], np.float32)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(factor={self.factor})'


def square_around(box: np.ndarray, factor: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the square around `box` (left, top, right, bottom), within (height, width)."""
    start, end = np.float32(box[:2]).astype(float), np.float32(box[2:]).astype(float)
    extent = end - start + 1
    side = int(factor * extent.max())
    left, top = (int(middle) - side // 2 for middle in start + extent / 2)
    height, width = size
    return max(0, left), max(0, top), min(width, left + side), min(height, top + side)
