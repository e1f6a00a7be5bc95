import cv2
import numpy as np
import pytest
from scipy.special import softmax

from mmseg_facenext.inference.results.canvas import Canvas, tiles

PART = (slice(30, 430), slice(10, 700))


@pytest.fixture(scope='module')
def logits():
    """Regions of 12 classes, some of them small."""
    noise = np.random.default_rng(0).normal(size=(12, 24, 32)).astype(np.float32)
    return np.stack([cv2.GaussianBlur(plane, (0, 0), 1.2) * 9 for plane in noise])


def matrix(degrees):
    turned = cv2.getRotationMatrix2D((350, 250), degrees, 0.05)
    turned[:, 2] += (16 - 350, 12 - 250)
    return turned


@pytest.mark.parametrize('degrees', [0, 90, 37])
def test_tiles_with_few_classes_are_what_all_classes_give(logits, degrees):
    """Against bilinear mixing written out; the canvas is smaller than the photo's part, so borders occur, too."""
    rows, columns = PART
    y, x = np.mgrid[rows, columns] + 0.5
    m = matrix(degrees)
    u, v = (row[0] * x + row[1] * y + row[2] - 0.5 for row in m)
    u, v = np.clip(u, 0, 31), np.clip(v, 0, 23)
    left, top = np.minimum(u.astype(int), 30), np.minimum(v.astype(int), 22)
    a, b = u - left, v - top
    full = (
        logits[:, top, left] * (1 - a) * (1 - b)
        + logits[:, top, left + 1] * a * (1 - b)
        + logits[:, top + 1, left] * (1 - a) * b
        + logits[:, top + 1, left + 1] * a * b
    )
    canvas = Canvas(logits, m)
    assert (canvas.labels(PART) == full.argmax(0)).mean() > 0.998  # OpenCV rounds places to 1/32 of a pixel
    expected = softmax(full, axis=0)
    found = canvas.probability(PART, [[3], [0, 5, 7]])
    assert np.abs(found - [expected[3], expected[[0, 5, 7]].sum(0)]).mean() < 0.005
    assert sum(len(canvas._candidates(tile, 0.0)) for _, tile in tiles(PART)) < 12 * len(list(tiles(PART)))
