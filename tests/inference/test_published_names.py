"""Published weights are used by name alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from misbehaving_server import Answer, MisbehavingServer

from mmseg_facenext.checkpoints import locate_checkpoint, zoo
from mmseg_facenext.checkpoints.download import source_of_weights
from mmseg_facenext.cli.commands.parse import split_words
from mmseg_facenext.config.load import load_config
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE

SEGNEXT = 'segnext.tiny.512x512.celebamaskhq.160k'
SEGFACE = 'segface.mobilenet_v3_large.512.celebamaskhq'
PHOTO = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv('FACENEXT_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setenv('FACENEXT_OFFLINE', '1')
    monkeypatch.chdir(tmp_path)


def test_segnext_with_150_rows_put_into_the_cache_by_hand(tmp_path):
    torch.manual_seed(0)
    cfg = load_config(SEGNEXT, {'model.decode_head.num_classes': 150, 'model.backbone.init_cfg': None})
    weights = build_segmentor(cfg).state_dict()
    weights['decode_head.conv_seg.bias'][19:] = 1e3  # rows that nobody trained would win everywhere
    published = {key.replace('.dwconv.', '.dwconv.dwconv.'): value for key, value in weights.items()}
    meta = {'CLASSES': ('backgound', *CELEBAMASK_HQ.classes[1:]), 'mmseg_version': '0.24.1'}
    file = source_of_weights(zoo.get_entry(SEGNEXT)).file
    file.parent.mkdir(parents=True)
    torch.save({'meta': meta, 'state_dict': published}, file)

    parser = FaceParser(SEGNEXT)
    assert parser.label_space is CELEBAMASK_HQ
    rows = {key: value[:19] if 'conv_seg' in key else value for key, value in weights.items()}
    torch.save(rows, tmp_path / 'cut.pth')
    expected = FaceParser(SEGNEXT, tmp_path / 'cut.pth')(PHOTO, detect=False).labels
    labels = parser(PHOTO, detect=False).labels
    assert labels.shape == (40, 30)
    assert np.array_equal(labels, expected)
    assert len(np.unique(labels)) > 1


def test_segface_from_the_hub(tmp_path, monkeypatch):
    entry = replace(
        zoo.get_entry(SEGFACE), sha256=None, bytes=None
    )  # of a file that is not the published one
    monkeypatch.setitem(zoo._BY_NAME, SEGFACE, entry)
    monkeypatch.setenv('FACENEXT_OFFLINE', '0')
    cfg = load_config(SEGFACE, {'model.backbone.init_cfg': None})
    torch.save({'state_dict_backbone': build_segmentor(cfg).state_dict()}, tmp_path / 'model_299.pt')
    path = '/kartiknarayan/SegFace/resolve/main/mobilenet_celeba_512/model_299.pt'
    with MisbehavingServer() as server:
        monkeypatch.setenv('HF_ENDPOINT', server.url)
        server.answers[path] = Answer((tmp_path / 'model_299.pt').read_bytes(), cuts=[10**7])
        parser = FaceParser(SEGFACE)
        assert locate_checkpoint(SEGFACE).name == 'model_299.pt'  # from the cache
        assert server.asked == [(path, None), (path, 'bytes=10000000-')]
    assert parser.label_space is CELEBAMASK_HQ_SEGFACE
    expected = FaceParser(SEGFACE, tmp_path / 'model_299.pt')(PHOTO, detect=False).labels
    assert np.array_equal(parser(PHOTO, detect=False).labels, expected)


@pytest.mark.parametrize(
    ('words', 'own'),
    [
        (['a.jpg', SEGFACE], 1),
        (['a.jpg', 'b.jpg', SEGFACE], 1),
        (['a.jpg', SEGFACE, SEGFACE], 2),
        (['a.jpg', 'mine.py', SEGFACE], 2),
        (['a.jpg', 'mine.py', 'best.pth'], 2),
        (['a.jpg', 'b.jpg', 'face.onnx'], 1),
    ],
)
def test_the_command_tells_photos_from_names(words, own):
    assert split_words(words) == (words[:-own], words[-own:])
