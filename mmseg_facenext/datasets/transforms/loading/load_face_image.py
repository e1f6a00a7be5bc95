"""Load a photo in a pipeline."""

from __future__ import annotations

from typing import Any

from mmcv.transforms.base import BaseTransform
from mmseg.registry import TRANSFORMS

from ....errors import UserError
from ....utils.read_image import read_image


@TRANSFORMS.register_module()
class LoadFaceImage(BaseTransform):
    """Load `img_path` as `img`: BGR uint8 (H, W, 3), upright by its EXIF orientation.

    Unlike mmcv's `LoadImageFromFile` it notices truncated files. Adds `img_shape` and `ori_shape`, (H, W).

    Args:
        at_least: (H, W); JPEGs of twice that size or more are decoded at 1/2, 1/4 or 1/8 of it, which is several
            times as fast and differs by about a grey level from decoding in full and resizing. For training:
            leave it None where a score is taken. Photos with landmarks are always decoded in full.
        bits: how many bits a pixel of a 16-bit grey image uses, 16 or 12; see `read_image`.

    Raises:
        UserError: `at_least` is not a pair of positive numbers, `bits` is neither 12 nor 16.
    """

    def __init__(self, at_least: tuple[int, int] | None = None, bits: int = 16) -> None:
        if bits not in (12, 16):
            raise UserError(f'LoadFaceImage: bits must be 12 or 16, got {bits}')
        if at_least is not None and (len(at_least) != 2 or min(at_least) < 1):
            raise UserError(f'LoadFaceImage: at_least must be (height, width) in pixels, got {at_least}')
        self.at_least = at_least
        self.bits = bits

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Raises:
        UserError: the file is missing, no image, truncated or damaged; the message names it.
        """
        # Landmarks are in pixels of the whole photo.
        at_least = None if 'landmarks' in results else self.at_least
        results['img'] = read_image(results['img_path'], at_least, self.bits)
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(at_least={self.at_least}, bits={self.bits})'
