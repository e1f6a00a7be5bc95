import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.datasets import ScoreAtNetworkSize


@pytest.mark.parametrize('size', [(224, 224), (448, 448), (100, 75), (512, 512)])
def test_labels_take_the_nearest_pixel_as_pillow_does(size):
    labels = np.random.default_rng(0).integers(0, 19, (512, 512), dtype=np.uint8)
    photo = np.zeros((*size, 3), np.uint8)
    results = dict(img=photo, gt_seg_map=labels, seg_fields=['gt_seg_map'], ori_shape=labels.shape)
    results = ScoreAtNetworkSize().transform(results)
    expected = Image.fromarray(labels).resize(size[::-1], Image.Resampling.NEAREST)
    np.testing.assert_array_equal(results['gt_seg_map'], expected)
    assert results['ori_shape'] == size
    assert results['label_shape'] == (512, 512)


def test_a_photo_without_labels():
    results = ScoreAtNetworkSize().transform(
        dict(img=np.zeros((8, 6, 3), np.uint8), ori_shape=(80, 60), sample_idx=0)
    )
    assert results['ori_shape'] == (8, 6)
