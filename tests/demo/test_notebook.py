"""The notebook in `demo` runs from top to bottom and does what its headings say."""

from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def variables(tmp_path_factory) -> dict:
    """What the code cells leave behind, run one after the other in a copy of the folder."""
    root = tmp_path_factory.mktemp('checkout')
    (root / 'docs').symlink_to(ROOT / 'docs')
    (root / 'demo').mkdir()
    notebook = nbformat.read(ROOT / 'demo/face_parsing.ipynb', as_version=4)
    nbformat.validate(notebook)
    found: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root / 'demo')
        for cell in notebook.cells:
            if cell.cell_type == 'code':
                exec(compile(cell.source, cell.id, 'exec'), found)
    return found


def test_the_exported_file_labels_as_the_network_does(variables):
    assert variables['agreement'] >= 0.999


def test_hair_is_found_where_it_is(variables):
    """A lock above the forehead; the middle of the face and the corner of the photo are none."""
    hair = variables['hair']
    assert hair[35:50, 90:150].mean() > 0.6
    assert hair[100:130, 100:140].max() < 0.1
    assert hair[:20, :20].max() < 0.1


def test_recolouring_keeps_lightness_and_what_is_not_hair(variables):
    image = np.array(Image.open(ROOT / 'docs/astronaut.png').convert('RGB'))
    mask = np.zeros(image.shape[:2], np.float32)
    mask[:60] = 1
    changed = variables['recolour'](image, mask, (150, 40, 30))
    assert (changed[80:] == image[80:]).all()
    lightness = [cv2.cvtColor(each, cv2.COLOR_RGB2LAB)[:40, :, 0].astype(float) for each in (image, changed)]
    assert np.abs(lightness[0] - lightness[1]).mean() < 8
    redness = [each[:40].astype(float)[..., 0].mean() - each[:40, :, 1].mean() for each in (image, changed)]
    assert redness[1] > redness[0] + 20
