import numpy as np
import pytest

from mmseg_facenext.taxonomy import CELEBAMASK_HQ, IGNORE
from mmseg_facenext.visualization.overlay import class_shares, colour_labels, draw_figure, draw_overlay


def halves(height, width):
    """Left half background, right half hair."""
    labels = np.zeros((height, width), np.uint8)
    labels[:, width // 2 :] = CELEBAMASK_HQ.index('hair')
    return labels


def test_colours_and_ignored_pixels():
    labels = np.array([[0, 13, IGNORE]], np.uint8)
    assert colour_labels(labels, CELEBAMASK_HQ).tolist() == [
        [[0, 0, 0], list(CELEBAMASK_HQ.palette[13]), [0, 0, 0]]
    ]
    photo = np.full((1, 3, 3), 200, np.uint8)
    overlay = draw_overlay(photo, labels, CELEBAMASK_HQ, opacity=1)
    assert overlay.tolist() == [[[200] * 3, list(CELEBAMASK_HQ.palette[13]), [200] * 3]]


def test_contour_is_light_and_only_at_the_border():
    photo, labels = np.zeros((300, 300, 3), np.uint8), halves(300, 300)
    plain = draw_overlay(photo, labels, CELEBAMASK_HQ, contours=False)
    changed = (draw_overlay(photo, labels, CELEBAMASK_HQ) != plain).any(axis=(0, 2))
    assert set(np.flatnonzero(changed)) <= set(range(146, 155))
    assert changed[150]


def test_shares():
    assert class_shares(halves(4, 4), CELEBAMASK_HQ) == {0: 0.5, 13: 0.5}
    assert class_shares(np.full((2, 2), IGNORE, np.uint8), CELEBAMASK_HQ) == {}


@pytest.mark.parametrize(
    ('size', 'longest'),
    [((1, 1), 640), ((40, 30), 640), ((900, 700), 900), ((3000, 1000), 2048), ((90, 2000), 2000)],
)
def test_figure_has_a_readable_size(size, longest):
    height, width = size
    figure = draw_figure(np.zeros((*size, 3), np.uint8), halves(*size), CELEBAMASK_HQ)
    if width > 1.6 * height:
        assert figure.width == longest
        assert figure.height > height
    else:
        assert figure.height == round(height * longest / max(size))
        assert figure.width > width * longest / max(size)


def test_legend_shows_the_colours_of_the_classes_found():
    labels = (np.arange(400 * 400) % 19).astype(np.uint8).reshape(400, 400)
    figure = np.asarray(draw_figure(np.zeros((400, 400, 3), np.uint8), labels, CELEBAMASK_HQ))
    legend = {tuple(pixel) for pixel in figure[:, 640:].reshape(-1, 3).tolist()}
    assert set(CELEBAMASK_HQ.palette[1:]) <= legend
    only_hair = np.asarray(draw_figure(np.zeros((400, 400, 3), np.uint8), halves(400, 400), CELEBAMASK_HQ))
    legend = {tuple(pixel) for pixel in only_hair[:, 640:].reshape(-1, 3).tolist()}
    assert legend & set(CELEBAMASK_HQ.palette[1:]) == {CELEBAMASK_HQ.palette[13]}
