"""The weights that come with the package, on the photo that comes with the project."""

from pathlib import Path

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
