"""The weights that come with the package, on the photo that comes with the project."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmseg_facenext.checkpoints import read_checkpoint
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.network_file import PACKAGED

PHOTO = Path(__file__).parents[2] / 'docs' / 'astronaut.png'


@pytest.fixture(scope='module')
def face():
    return FaceParser(device='cpu')(PHOTO)


def test_the_file_is_small_and_says_what_it_is():
    assert PACKAGED.stat().st_size < 10e6
    meta = read_checkpoint(PACKAGED)['meta']
    assert meta['license'] == 'Apache-2.0'
    assert 'model_card' in meta['about']


def test_the_large_parts_of_a_portrait_are_found(face):
    """The astronaut's face is about the middle of the photo, her suit below, the backdrop beside her."""
    height, width = face.labels.shape
    shares = face.fractions
    assert shares['skin'] > 0.03
    assert shares['hair'] > 0.03
    assert face.mask('background')[: height // 8, : width // 8].mean() > 0.9
    assert face.mask('cloth')[-height // 8 :, width // 3 : 2 * width // 3].mean() > 0.5


def test_eyes_have_their_sides_and_lie_above_nose_and_mouth(face):
    def centre(*names):
        rows, columns = np.nonzero(face.mask(*names))
        return rows.mean(), columns.mean()

    assert centre('r_eye')[1] < centre('nose')[1] < centre('l_eye')[1]  # the subject's right is at the left
    assert centre('l_eye', 'r_eye')[0] < centre('nose')[0] < centre('u_lip', 'l_lip', 'mouth')[0]


@pytest.mark.parametrize('degrees', [30, -45])
def test_a_turned_photo_has_turned_labels(face, degrees):
    """About the middle, in a photo as large; what was not in the photo before is not looked at."""
    size = face.labels.shape[::-1]
    matrix = cv2.getRotationMatrix2D((size[0] / 2 - 0.5, size[1] / 2 - 0.5), degrees, 1.0)
    photo = cv2.warpAffine(face.image, matrix, size, flags=cv2.INTER_CUBIC)
    expected = cv2.warpAffine(face.labels, matrix, size, flags=cv2.INTER_NEAREST, borderValue=255)
    found = np.where(expected == 255, 255, FaceParser(device='cpu')(photo).labels)

    def iou(one, other):
        return (one & other).sum() / (one | other).sum()

    known = expected != 255
    assert iou((found > 0) & known, (expected > 0) & known) > 0.95
    large = [label for label in np.unique(expected[known]) if (expected == label).sum() > 150]
    assert np.mean([iou(found == label, expected == label) for label in large]) > 0.9
