import pytest
import torch
from small_config import small_config

from mmseg_facenext.inference.building import build_segmentor


@pytest.fixture
def config():
    return small_config()


@pytest.fixture
def make_config():
    return small_config


@pytest.fixture(scope='session')
def weights(tmp_path_factory):
    """A checkpoint for `config` that says nothing about its classes."""
    torch.manual_seed(0)
    model = build_segmentor(small_config())
    for parameter in model.decode_head.conv_seg.parameters():
        torch.nn.init.normal_(parameter)
    file = tmp_path_factory.mktemp('weights') / 'small.pth'
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, file)
    return file
