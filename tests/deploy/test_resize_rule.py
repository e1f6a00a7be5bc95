"""Exported models resize photos as the training pipeline does."""

import numpy as np
import pytest

from mmseg_facenext.datasets import FaceResize
from mmseg_facenext.runtimes import ResizeRule


@pytest.mark.parametrize('keep_ratio', [False, True])
@pytest.mark.parametrize(('backend', 'interpolation', 'name'), [
    ('cv2', 'bilinear', 'bilinear'), ('cv2', 'bicubic', 'bicubic'), ('pillow', 'bicubic', 'pillow-bicubic'),
])  # fmt: skip
@pytest.mark.parametrize('scale', [(40, 32), (200, 160)])
def test_the_same_pixels(scale, keep_ratio, backend, interpolation, name):
    photo = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    step = FaceResize(scale=scale, keep_ratio=keep_ratio, backend=backend, interpolation=interpolation)
    expected = step.transform(dict(img=photo, img_shape=photo.shape[:2]))['img']
    np.testing.assert_array_equal(ResizeRule(scale, keep_ratio, name)(photo), expected)
