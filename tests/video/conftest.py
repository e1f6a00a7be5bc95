import pytest

from mmseg_facenext import FaceParser
from mmseg_facenext.synthetic.moving import MovingFace


@pytest.fixture(scope='session')
def parser():
    return FaceParser()


@pytest.fixture(scope='session')
def moving():
    return MovingFace(1, (128, 128), portrait=110, period=24)
