"""Resize a photo together with its landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmseg.datasets.transforms import Resize as UpstreamResize
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class FaceResize(UpstreamResize):
    """mmseg's `Resize`, with the same arguments, which takes `landmarks` along.

    Pixel centres have whole coordinates, as everywhere in OpenCV: x becomes (x + 0.5) * scale - 0.5.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        if 'landmarks' not in results:
            return super().transform(results)
        height, width = results['img'].shape[:2]
        results = super().transform(results)
        new_height, new_width = results['img'].shape[:2]
        scale = np.array([new_width / width, new_height / height], np.float32)
        results['landmarks'] = (results['landmarks'] + 0.5) * scale - np.float32(0.5)
        return results
