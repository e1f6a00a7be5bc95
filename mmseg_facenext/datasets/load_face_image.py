"""Loading a photo in a pipeline."""

from __future__ import annotations

from typing import Any

from mmcv.transforms.base import BaseTransform
from mmseg.registry import TRANSFORMS

from ..read_image import read_image


@TRANSFORMS.register_module()
class LoadFaceImage(BaseTransform):
    """Loads `img_path` as `img`: BGR uint8 (H, W, 3), upright by its EXIF orientation.

    Unlike mmcv's `LoadImageFromFile` it notices truncated files. Adds `img_shape` and `ori_shape`, (H, W).
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Raises:
        UserError: the file is missing, no image, truncated or damaged; the message names it.
        """
        results['img'] = read_image(results['img_path'])
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
