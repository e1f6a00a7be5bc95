"""The table of published weights against what is documented of them, and against the configs of this package."""

import re
from pathlib import Path

import pytest

from mmseg_facenext.checkpoints.zoo import ZOO, find_weights, nearest_names
from mmseg_facenext.taxonomy import LABEL_SPACES

CONFIGS = {path.stem for path in (Path(__file__).parents[2] / 'local_configs').rglob('*.py')}
# Folder on Hugging Face: bytes, beginning of the SHA-256, mean F1 of the paper.
SEGFACE = {
    'convnext_celeba_512': (1102518358, '3cd535bf', 89.22),
    'efficientnet_celeba_512': (686723577, 'f0e55c9b', 88.94),
    'mobilenet_celeba_512': (84928824, '4d67ea7d', 87.91),
    'resnet_celeba_512': (568127582, '32f94f7b', 87.50),
    'swinb_celeba_224': (None, '911767d7', None),
    'swinb_celeba_256': (None, '078ac814', None),
    'swinb_celeba_448': (None, None, None),
    'swinb_celeba_512': (None, None, 88.96),
    'swinv2b_celeba_512': (None, None, 88.73),
    'swinb_lapa_224': (None, 'b9fb677a', None),
    'swinb_lapa_256': (None, 'a2b6b2f2', None),
    'swinb_lapa_448': (None, None, None),
    'swinb_lapa_512': (None, 'f9d194f6', 93.03),
    'swinb_helen_512': (None, None, None),
}
BACKBONES = {
    'convnext': 'convnext_base',
    'efficientnet': 'efficientnet_v2_m',
    'mobilenet': 'mobilenet_v3_large',
    'resnet': 'resnet101',
    'swinb': 'swin_b',
    'swinv2b': 'swin_v2_b',
}
FACE_PARSER = {
    'tiny': (None, None, 77.86),
    'small': ('1FJDN1edNpUyx8Bv5Eo7JutAvbL9zFfn4', '0f87738b', 78.19),
    'base': ('1YL4VuCBhhl-sjI3oPZOJhxTf9rIJRxD5', '996e6339', 78.97),
    'large': ('1cYbwLSJDX0nnooR9JPQkA5qYHH3b9d3B', 'b15d7754', 79.34),
}


@pytest.mark.parametrize('folder', SEGFACE)
def test_segface(folder):
    size, sha256, score = SEGFACE[folder]
    backbone, data, resolution = folder.split('_')
    data = {'celeba': 'celebamaskhq'}.get(data, data)
    entry = find_weights(f'segface.{BACKBONES[backbone]}.{resolution}.{data}')
    assert entry.addresses == (
        f'https://huggingface.co/kartiknarayan/SegFace/resolve/main/{folder}/model_299.pt',
    )
    assert (entry.bytes, entry.sha256 and entry.sha256[:8], entry.score) == (size, sha256, score)
    assert entry.label_space in {'celebamaskhq': ('celebamask_hq_segface',)}.get(data, (data,))


@pytest.mark.parametrize('size', FACE_PARSER)
def test_segnext_face_parser(size):
    drive, sha256, score = FACE_PARSER[size]
    entry = find_weights(f'segnext.{size}.512x512.celebamaskhq.160k')
    assert (entry.sha256 and entry.sha256[:8], entry.score) == (sha256, score)
    assert entry.label_space == 'celebamask_hq'
    if drive:
        assert f'drive.usercontent.google.com/download?id={drive}&' in entry.addresses[0]
    else:
        assert not entry.addresses


def test_openmmlab_and_the_authors_of_segnext():
    assert find_weights('mscan.tiny').sha256 == '119e8c9f'
    assert find_weights('mscan.large').addresses[0] == (
        'https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segnext/mscan_l_20230227-cef260d4.pth'
    )
    ade = find_weights('segnext.base.512x512.ade.160k')
    run = 'segnext_mscan-b_1x16_512x512_adamw_160k_ade20k'
    assert ade.addresses[0] == (
        f'https://download.openmmlab.com/mmsegmentation/v0.5/segnext/{run}/{run}_20230209_172053-b6f6c70c.pth'
    )
    assert (ade.sha256, ade.score) == ('b6f6c70c', 48.03)
    assert 'f/b5308d092b034f81aac0' in find_weights('segnext.large.1024x1024.city.160k').addresses[0]


def test_every_row_is_whole():
    assert len(ZOO) == 14 + 4 + 4 + 12
    names = [name for entry in ZOO for name in (entry.name, *entry.aliases)]
    assert len(set(names)) == len(names)
    for entry in ZOO:
        assert entry.config in CONFIGS, entry.name
        assert entry.sha256 is None or re.fullmatch('[0-9a-f]{8}|[0-9a-f]{64}', entry.sha256)
        assert re.fullmatch(r'[\w.-]+\.pth?', entry.file)
        assert entry.label_space in (None, 'ade20k', 'cityscapes', *LABEL_SPACES)
        assert all(find_weights(address) is entry for address in entry.addresses)
        assert all(address.startswith('https://') for address in (*entry.addresses, entry.page))


def test_nearest_names():
    assert nearest_names('segface.convnext.512.celebamaskhq')[0] == 'segface.convnext_base.512.celebamaskhq'
    assert nearest_names('mscan.tinny')[0] == 'mscan.tiny.224x224.imagenet.300e'
    assert nearest_names('helen') == ['segface.swin_b.512.helen']
    assert nearest_names('qqqq') == []
