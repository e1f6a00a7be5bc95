import numpy as np
import pytest
from mmseg.datasets.transforms import PhotoMetricDistortion as UpstreamPhotoMetricDistortion
from mmseg.registry import TRANSFORMS

from mmseg_facenext.datasets import FacePhotoMetricDistortion

VIEWS = {
    'as it is': lambda image: image,
    'mirrored': lambda image: image[:, ::-1],
    'upside down': lambda image: image[::-1],
    'every second': lambda image: image[::2, ::2],
    'columns first': np.asfortranarray,
    'float': lambda image: image.astype(np.float32) / 2,
}


def distorted(transform, image, seed):
    """The image, and the random number that a next step would draw."""
    np.random.seed(seed)  # noqa: NPY002 (what mmengine seeds)
    return transform({'img': image})['img'], np.random.rand()  # noqa: NPY002


@pytest.mark.parametrize('shape', [(1, 1, 3), (1, 40, 3), (33, 47, 3)])
@pytest.mark.parametrize('view', VIEWS)
def test_the_same_seed_gives_the_same_bits_as_mmseg(view, shape):
    assert TRANSFORMS.get('FacePhotoMetricDistortion') is FacePhotoMetricDistortion
    image = VIEWS[view](np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    before = image.copy()
    options = dict(brightness_delta=90, contrast_range=(0.2, 3.0), saturation_range=(0.1, 4.0), hue_delta=90)
    for seed in range(50):
        settings = options if seed % 2 else {}
        expected, next_expected = distorted(UpstreamPhotoMetricDistortion(**settings), image, seed)
        result, next_drawn = distorted(FacePhotoMetricDistortion(**settings), image, seed)
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)
        assert next_drawn == next_expected
    np.testing.assert_array_equal(image, before)


def test_all_colours_turn_as_mmseg_turns_them():
    """Every 8-bit hue and saturation, which random pixels may miss."""
    hue, saturation = np.meshgrid(np.arange(0, 256, 3), np.arange(256), indexing='ij')
    image = np.stack([hue, saturation, 255 - hue], axis=-1).astype(np.uint8)
    for seed in range(20):
        expected, _ = distorted(UpstreamPhotoMetricDistortion(), image, seed)
        np.testing.assert_array_equal(distorted(FacePhotoMetricDistortion(), image, seed)[0], expected)


def test_hues_can_be_left_alone():
    grey_to_red = np.zeros((1, 256, 3), np.uint8)
    grey_to_red[..., 2] = np.arange(256)
    only_hue = FacePhotoMetricDistortion(0, (1, 1), (1, 1), hue_delta=0)
    for seed in range(10):
        np.testing.assert_array_equal(distorted(only_hue, grey_to_red, seed)[0], grey_to_red)
