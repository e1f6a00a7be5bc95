import cv2
import numpy as np
import pytest
from matplotlib.path import Path

from mmseg_facenext.inference.results.outlines import outline


@pytest.mark.parametrize('seed', range(4))
def test_polygons_go_along_the_edges_of_pixels(seed):
    """Matplotlib tells which centres of pixels lie inside; the regions of a mask do not overlap, so they add up."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).random((60, 80), np.float32), (0, 0), 5)
    mask = (noise > np.quantile(noise, 0.7)).astype(np.uint8)
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], -1, 1, -1)
    centres = np.stack(np.meshgrid(np.arange(80), np.arange(60)), axis=-1).reshape(-1, 2) + 0.5
    polygons = [np.reshape(each, (-1, 2)) for each in outline(filled > 0)]
    inside = sum(Path(each).contains_points(centres).astype(int) for each in polygons)
    np.testing.assert_array_equal(inside.reshape(60, 80), filled)


def test_a_hole_needs_more_than_polygons():
    mask = np.ones((5, 5), bool)
    mask[2, 2] = False
    assert outline(mask) is None
