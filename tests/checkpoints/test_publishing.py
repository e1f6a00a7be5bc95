import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from mmseg_facenext.checkpoints import load_weights, read_checkpoint
from mmseg_facenext.checkpoints.publishing import publish
from mmseg_facenext.errors import UserError


def weights(value=1.0):
    return {
        'net.weight': torch.full((3, 2), value),
        'net.bias': torch.arange(6.0)[::2],
        'steps': torch.tensor(7),
    }


@pytest.fixture
def training(tmp_path):
    """What mmengine saves, with averaged weights."""
    dataset_meta = {'classes': ('a', 'b'), 'palette': [[0, 0, 0], [9, 9, 9]], 'label_space': 'mine'}
    meta = {
        'dataset_meta': dataset_meta,
        'cfg': 'model = dict()',
        'iter': 5,
        'env_info': '/home/me',
        'hook_msgs': {},
    }
    checkpoint = {
        'meta': meta,
        'state_dict': weights(),
        'ema_state_dict': {f'module.{key}': value for key, value in weights(2.0).items()},
        'optimizer': {'state': {0: {'exp_avg': torch.zeros(100_000)}}},
        'param_schedulers': [{'last_step': 5}],
        'message_hub': {'runtime_info': {'best_score': np.float64(3.0)}},
    }
    torch.save(checkpoint, tmp_path / 'iter_5.pth')
    return tmp_path / 'iter_5.pth'


@pytest.mark.parametrize('name', ['model.v1.pth', 'model.v1', 'model.v1.safetensors'])
def test_weights_and_what_they_mean_are_kept(training, name):
    published = publish(training, training.parent / 'out' / name)
    digest = hashlib.sha256(published.path.read_bytes()).hexdigest()[:8]
    assert published.path.name == f'model.v1-{digest}{".safetensors" if "safe" in name else ".pth"}'
    assert published.size_after == published.path.stat().st_size < published.size_before / 50
    assert published.notes[0] == 'left out: optimizer, param_schedulers, message_hub, ema_state_dict'
    assert 'averaged weights' in published.notes[1]

    content = read_checkpoint(published.path)
    assert content.keys() == {'meta', 'state_dict'}
    assert content['meta'].keys() == {'dataset_meta', 'cfg', 'iter'}
    for key, value in weights().items():
        assert torch.equal(content['state_dict'][key], value)
    model = torch.nn.Module()
    model.net = torch.nn.Linear(2, 3)
    model.register_buffer('steps', torch.tensor(0))
    report = load_weights(model, published.path)
    assert report.classes == ('a', 'b')
    assert model.steps == 7


def test_the_same_weights_give_the_same_file_which_is_not_overwritten(training):
    first = publish(training, training.parent / 'one/model.pth').path
    second = publish(training, training.parent / 'two/model.pth').path
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(UserError, match='exists already'):
        publish(training, training.parent / 'one/model.pth')
    assert list(first.parent.iterdir()) == [first]


def test_a_published_file_can_be_published_again(training):
    first = publish(training, training.parent / 'model.pth').path
    again = publish(first, training.parent / 'model.pt')
    assert again.path.suffix == '.pt'
    assert again.path.stem == first.stem
    assert again.notes == ()


def test_a_slice_does_not_bring_its_whole_tensor_along(tmp_path):
    torch.save({'w': torch.zeros(1_000_000)[:10]}, tmp_path / 'bare.pth')
    published = publish(tmp_path / 'bare.pth', tmp_path / 'small.pth')
    assert published.size_before > 4_000_000
    assert published.size_after < 3000
    assert read_checkpoint(published.path)['meta'] == {}


def test_averages_that_mmcv_keeps_beside_the_weights_are_left_out(tmp_path):
    state = weights() | {f'ema_{key.replace(".", "_")}': value for key, value in weights(2.0).items()}
    torch.save({'state_dict': state, 'meta': {'CLASSES': ('a',)}}, tmp_path / 'old.pth')
    published = publish(tmp_path / 'old.pth', tmp_path / 'new.pth')
    assert read_checkpoint(published.path)['state_dict'].keys() == weights().keys()
    assert re.match(r'left out: 3 averages \(ema_', published.notes[0])


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path('exploded'),)


def test_mistakes(training, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({'state_dict': {'w': torch.tensor([float('nan')])}}, 'nan.pth')
    torch.save({'state_dict': weights(), 'meta': Bomb()}, 'bomb.pth')
    for source, target, message in (
        ('nowhere.pth', 'a.pth', 'no checkpoint at nowhere'),
        ('nan.pth', 'a.pth', 'NaN or infinite'),
        ('bomb.pth', 'a.pth', 'refused'),
        ('iter_5.pth', '.', 'is a folder'),
    ):
        with pytest.raises(UserError, match=message):
            publish(source, target)
    with pytest.raises(OSError, match=r'iter_5\.pth'):
        publish('iter_5.pth', 'iter_5.pth/a.pth')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['bomb.pth', 'iter_5.pth', 'nan.pth']
