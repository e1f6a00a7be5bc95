"""Scoring in this process; tests/tools/test_train_and_test.py runs the scripts."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.runner import FaceRunner
from mmseg_facenext.engine.testing import score
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.building import build_segmentor


@pytest.fixture
def checkpoint(tiny_config, tmp_path):
    """Weights that have seen some data, so that norms and scales do something."""
    torch.manual_seed(0)
    model = build_segmentor(load_config(str(tiny_config)))
    model.train()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if 'layer_scale' in name:
                nn.init.uniform_(parameter, 0.1, 0.5)
        for _ in range(20):
            model.backbone(torch.randn(4, 3, 32, 32))
    nn.init.normal_(model.decode_head.conv_seg.weight)
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return path


@pytest.mark.parametrize('tta', [False, True])
def test_the_fused_model_gets_the_same_scores_and_label_maps(
    tiny_config, checkpoint, tmp_path, tta, monkeypatch
):
    fused = []
    monkeypatch.setattr(FaceRunner, 'fuse', lambda runner, fuse=FaceRunner.fuse: fused.append(fuse(runner)))
    scores, maps = [], []
    for fuse in (True, False):
        cfg = load_config(str(tiny_config))
        cfg.work_dir = str(tmp_path / f'work{fuse}')
        out, show = tmp_path / f'out{fuse}', tmp_path / f'show{fuse}'
        scores.append(score(cfg, checkpoint, out=out, show_dir=show, tta=tta, fuse=fuse))
        maps.append(np.stack([np.array(Image.open(path)) for path in sorted(out.iterdir())]))
        assert len(list(show.iterdir())) == 3
    assert len(fused) == 1
    assert len(np.unique(maps[0])) > 3
    # Where two classes are as likely, rounding decides; a pixel is a few percent of a small class.
    assert (maps[0] == maps[1]).mean() >= 0.999
    assert scores[0] == pytest.approx(scores[1], abs=1, nan_ok=True)


def test_photos_of_one_name_are_noticed_before_anything_is_predicted(tiny_config, checkpoint, tmp_path):
    cfg = load_config(str(tiny_config))
    cfg.work_dir = str(tmp_path / 'work')
    faces = dict(cfg.test_dataloader.dataset)
    copied = shutil.copytree(faces['data_root'], tmp_path / 'others')
    both = [faces, {**faces, 'data_root': str(copied)}]
    cfg.test_dataloader = dict(cfg.test_dataloader, dataset=dict(type='ConcatDataset', datasets=both))
    with pytest.raises(UserError, match=r'others.*8\.jpg and .*8\.jpg would both be written to'):
        score(cfg, checkpoint, out=tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
