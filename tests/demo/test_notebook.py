"""The notebook in `demo` runs from top to bottom and does what its headings say."""

from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
import torch
from PIL import Image

from mmseg_facenext.config.load import load_config
from mmseg_facenext.inference.building import build_segmentor

ROOT = Path(__file__).parents[2]
QUICKSTART = 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'


@pytest.fixture(scope='module')
def variables(tmp_path_factory) -> dict:
    """What the code cells leave behind, run one after the other in a copy of the folder."""
    root = tmp_path_factory.mktemp('checkout')
    for name in ('docs', 'local_configs'):
        (root / name).symlink_to(ROOT / name)
    (root / 'demo').mkdir()
    (root / 'work_dirs/quickstart').mkdir(parents=True)
    model = build_segmentor(load_config(ROOT / QUICKSTART))
    torch.save({'state_dict': model.state_dict()}, root / 'work_dirs/quickstart/iter_1400.pth')
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
    assert len(variables['face'].fractions) >= 1


def test_recolouring_keeps_lightness_and_what_is_not_hair(variables):
    image = np.array(Image.open(ROOT / 'docs/astronaut.png').convert('RGB'))
    mask = np.zeros(image.shape[:2], bool)
    mask[:60] = True
    changed = variables['recolour'](image, mask, (150, 40, 30))
    assert (changed[80:] == image[80:]).all()
    grey = [cv2.cvtColor(each, cv2.COLOR_RGB2LAB)[:40, :, 0].astype(float) for each in (image, changed)]
    assert np.abs(grey[0] - grey[1]).mean() < 8
    redness = [each[:40].astype(float)[..., 0].mean() - each[:40, :, 1].mean() for each in (image, changed)]
    assert redness[1] > redness[0] + 20
