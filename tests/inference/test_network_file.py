from pathlib import Path

import pytest
import torch

from mmseg_facenext.checkpoints.publishing import publish
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.network_file import config_in, describe_network

QUICKSTART = (
    Path(__file__).parents[2] / 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'
)


@pytest.fixture(scope='module')
def published(tmp_path_factory):
    """A file of half precision with its network, and the parser of the same weights by config and checkpoint."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp('published')
    cfg = load_config(QUICKSTART)
    parser = FaceParser(cfg, device='cpu', fuse=False)
    torch.save({'state_dict': parser.model.state_dict()}, folder / 'iter_1.pth')
    facts = {'network': describe_network(cfg), 'license': 'Apache-2.0'}
    target = folder / 'mine.safetensors'
    written = publish(folder / 'iter_1.pth', target, half=True, facts=facts, hash_in_name=False)
    assert written.path == target
    return target, folder / 'iter_1.pth'


def photo():
    ramp = torch.arange(90 * 70 * 3, dtype=torch.int64).reshape(90, 70, 3)
    return ((ramp * 37) % 256).to(torch.uint8).numpy()


def test_one_file_labels_as_config_and_checkpoint_do(published):
    file, checkpoint = published
    assert file.stat().st_size < 0.6 * checkpoint.stat().st_size
    whole = FaceParser(QUICKSTART, checkpoint, 'cpu', detector=False)
    halves = FaceParser(file, device='cpu', detector=False)
    assert halves.label_space == whole.label_space
    assert (halves(photo()).labels == whole(photo()).labels).mean() > 0.99  # float16 moves a border at most


def test_the_description_is_the_network_and_nothing_of_its_training(published):
    cfg = config_in(published[0])
    assert cfg.keys() == {'model', 'test_dataloader', 'default_scope'}
    assert cfg.model.backbone.embed_dims == [16, 32, 80, 128]
    assert 'loss_decode' not in cfg.model.decode_head
    assert cfg.test_dataloader.dataset.pipeline[1].type == 'FaceResize'


def test_weights_alone_need_their_config(published, tmp_path):
    bare = publish(published[1], tmp_path / 'bare.safetensors').path
    with pytest.raises(UserError, match='no description of their network'):
        FaceParser(bare)
    with pytest.raises(UserError, match='needs its config'):
        FaceParser(checkpoint=published[1])


def test_a_weight_too_large_for_float16_is_said(tmp_path):
    torch.save({'state_dict': {'w': torch.full((2, 2), 1e5)}}, tmp_path / 'large.pth')
    with pytest.raises(UserError, match='float16'):
        publish(tmp_path / 'large.pth', tmp_path / 'half.safetensors', half=True)
