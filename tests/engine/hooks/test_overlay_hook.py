from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from PIL import Image

from mmseg_facenext.datasets import CelebAMaskHQDataset
from mmseg_facenext.engine.hooks import OverlayHook
from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import CELEBAMASK_HQ


def overlay(folder, dataset, labels):
    """RGB (H, W, 3) that the hook draws with the colours alone, on a white photo of twice the labels' size."""
    photo = folder / 'photo.png'
    height, width = np.shape(labels)
    Image.new('RGB', (2 * width, 2 * height), 'white').save(photo)
    sample = SegDataSample(
        metainfo={'img_path': str(photo)}, pred_sem_seg=PixelData(data=torch.tensor([labels]))
    )
    runner = SimpleNamespace(test_dataloader=SimpleNamespace(dataset=dataset))
    hook = OverlayHook(folder / 'out', opacity=1)
    hook.before_test(runner)
    hook.after_test_iter(runner, 0, outputs=[sample])
    return np.asarray(Image.open(folder / 'out' / 'photo.jpg')).astype(int)


def colour(space, name):
    return space.palette[space.index(name)]


def test_a_subset_of_the_classes_has_their_colours(tmp_path):
    chosen = ['hat', 'background', 'hair']
    dataset = CelebAMaskHQDataset('nowhere', metainfo={'classes': chosen}, lazy_init=True)
    labels = np.repeat([[0] * 32, [1] * 32, [2] * 32], 32, axis=0).tolist()
    drawn = overlay(tmp_path, dataset, labels)
    assert drawn.shape == (192, 64, 3)
    hat, background, hair = drawn[32, 32], drawn[96, 32], drawn[160, 32]
    assert hat == pytest.approx(colour(CELEBAMASK_HQ, 'hat'), abs=3)
    assert background == pytest.approx([255] * 3, abs=3)
    assert hair == pytest.approx(colour(CELEBAMASK_HQ, 'hair'), abs=3)


def test_classes_of_another_data_set(tmp_path):
    metainfo = {'classes': ('wall', 'sky'), 'palette': [[120, 120, 120], [6, 230, 230]]}
    drawn = overlay(tmp_path, SimpleNamespace(metainfo=metainfo), [[1] * 32] * 32)
    assert drawn[32, 32] == pytest.approx([6, 230, 230], abs=3)


def test_a_data_set_without_classes(tmp_path):
    with pytest.raises(UserError, match=r'SimpleNamespace does not name its classes, .*metainfo.classes'):
        overlay(tmp_path, SimpleNamespace(metainfo={'classes': None}), [[0]])
