import io

import numpy as np
import pytest
from PIL import Image
from small_config import small_config

from mmseg_facenext.inference import FaceParser


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'PNG')
    return file.getvalue()


@pytest.fixture(scope='session')
def parser():
    """A network with random weights: its labels depend on the photo, and are the same at every call."""
    return FaceParser(small_config(), device='cpu', detector=False)


@pytest.fixture(scope='session')
def photos():
    """Content of 20 files, all different: coarse noise of different sizes."""
    random = np.random.default_rng(0)
    return [
        png(random.integers(0, 256, (6, 5 + i, 3), np.uint8).repeat(8, 0).repeat(8, 1)) for i in range(20)
    ]
