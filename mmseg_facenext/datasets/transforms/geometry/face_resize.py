"""Resize a photo together with its landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmseg.datasets.transforms import Resize as UpstreamResize
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class FaceResize(UpstreamResize):
    """mmseg's `Resize`, which takes `landmarks` along.

    Args:
        args, kwargs: those of mmseg's `Resize`. `backend='pillow', interpolation='bicubic'` is what SegFace does.
        pixel_centre: where the centre of the first pixel lies. 0.5 is exact: pixel centres have whole coordinates, as
            everywhere in OpenCV, and x becomes (x + 0.5) * scale - 0.5. 0 is what SegFace does: x becomes x * scale.
    """

    def __init__(self, *args: Any, pixel_centre: float = 0.5, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pixel_centre = pixel_centre

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        if 'landmarks' not in results:
            return super().transform(results)
        height, width = results['img'].shape[:2]
        results = super().transform(results)
        new_height, new_width = results['img'].shape[:2]
        scale = np.array([new_width / width, new_height / height], np.float32)
        centre = np.float32(self.pixel_centre)
        results['landmarks'] = (results['landmarks'] + centre) * scale - centre
        return results
