"""Photographs as backgrounds of drawn faces."""

import cv2
import numpy as np
import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.synthetic.drawing import Photographs, draw_face

BLUE = (30, 60, 220)  # RGB


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'deeper').mkdir()
    cv2.imwrite(str(tmp_path / 'deeper' / 'blue.png'), np.full((400, 600, 3), BLUE[::-1], np.uint8))
    (tmp_path / 'broken.jpg').write_bytes(b'no picture')
    return tmp_path


def test_a_crop_shows_what_the_pictures_show(folder):
    photographs = Photographs(folder)
    assert len(photographs.pictures) == 1
    crop = photographs.crop(np.random.default_rng(0), 40)
    assert crop.shape == (40, 40, 3)
    np.testing.assert_allclose(crop * 255, np.broadcast_to(BLUE, crop.shape), atol=0.01)


def test_some_faces_stand_before_the_photographs_and_labels_stay(folder):
    photographs = Photographs(folder)
    blue = 0
    for seed in range(8):
        image, labels = draw_face(np.random.default_rng(seed), 64, photographs)
        colour = np.median(image[labels == 0].reshape(-1, 3), axis=0)
        blue += colour[2] > 1.6 * max(colour[0], colour[1])
        assert {1, 2} <= set(np.unique(labels))
    assert 1 <= blue < 8


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(UserError, match=r'has no pictures .*: name a folder of photographs'):
        Photographs(tmp_path)
