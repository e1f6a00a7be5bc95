import numpy as np
import pytest
from mmseg.datasets.transforms import RandomCrop as UpstreamRandomCrop
from mmseg.registry import TRANSFORMS

from mmseg_facenext.datasets import FaceRandomCrop


def patches(height, width, dtype):
    """Labels of large patches, some of them ignored: many crops hold one class alone."""
    small = np.random.default_rng(0).choice([0, 1, 149, 255], (4, 4), p=[0.6, 0.2, 0.1, 0.1])
    return np.kron(small, np.ones((height // 4, width // 4))).astype(dtype)


@pytest.mark.parametrize('dtype', [np.uint8, np.int64])
@pytest.mark.parametrize(
    'options',
    [dict(cat_max_ratio=0.75), dict(cat_max_ratio=0.75, ignore_index=1), dict(cat_max_ratio=0.01), dict()],
    ids=str,
)
@pytest.mark.parametrize('size', [(80, 60), (20, 200), (8, 8)])
def test_the_same_seed_gives_the_same_crop_as_mmseg(size, options, dtype):
    assert TRANSFORMS.get('FaceRandomCrop') is FaceRandomCrop
    labels = patches(*size, dtype)
    image = np.arange(3 * labels.size).reshape(*labels.shape, 3)
    crops = []
    for crop in (UpstreamRandomCrop((24, 32), **options), FaceRandomCrop((24, 32), **options)):
        np.random.seed(0)  # noqa: NPY002 (what mmengine seeds)
        sample = {'img': image, 'gt_seg_map': labels, 'seg_fields': ['gt_seg_map']}
        crops.append([crop(dict(sample)) for _ in range(30)])
    for expected, result in zip(*crops, strict=True):
        np.testing.assert_array_equal(result['img'], expected['img'])
        np.testing.assert_array_equal(result['gt_seg_map'], expected['gt_seg_map'])
        assert result['img_shape'] == expected['img_shape']
