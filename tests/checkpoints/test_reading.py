import collections
import io
import os
import pickle
import re
import sys
import types
import zipfile

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import Dataset

from mmseg_facenext.checkpoints import read_checkpoint, state_dict_of
from mmseg_facenext.errors import UserError


class Numbers(Dataset):
    metainfo = {'classes': ('background', 'face'), 'palette': [[0, 0, 0], [255, 0, 0]]}

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return {'x': torch.full((3,), float(index)), 'y': torch.ones(1)}


class Line(BaseModel):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(3, 1)

    def forward(self, x, y, mode='loss'):
        return {'loss': (self.line(torch.stack(list(x))) - torch.stack(list(y))).square().mean()}


@pytest.fixture(scope='module')
def mmengine_file(tmp_path_factory):
    """A checkpoint as mmengine's Runner writes it: optimizer, schedules, EMA, log histories."""
    folder = tmp_path_factory.mktemp('run')
    Runner(
        Line(),
        str(folder),
        train_dataloader={'dataset': Numbers(), 'batch_size': 2, 'sampler': {'type': 'DefaultSampler'}},
        train_cfg={'type': 'IterBasedTrainLoop', 'max_iters': 2, 'val_interval': 10},
        optim_wrapper={'optimizer': {'type': 'AdamW', 'lr': 1e-3}},
        param_scheduler=[{'type': 'PolyLR', 'end': 2, 'by_epoch': False}],
        default_hooks={'checkpoint': {'type': 'FaceCheckpointHook', 'by_epoch': False, 'interval': 2}},
        custom_hooks=[{'type': 'FaceEMAHook'}],
        log_level='ERROR',
        default_scope='mmseg',
        experiment_name='test_reading',
    ).train()
    return folder / 'iter_2.pth'


def test_reads_what_mmengine_saves(mmengine_file):
    checkpoint = read_checkpoint(mmengine_file)
    assert checkpoint['meta']['iter'] == 2
    assert checkpoint['meta']['dataset_meta']['classes'] == ('background', 'face')
    assert len(checkpoint['message_hub']['log_scalars']['train/loss'].data[0]) == 2
    assert set(state_dict_of(checkpoint)) == {'line.weight', 'line.bias'}


@pytest.mark.parametrize('zip_format', [True, False])
def test_reads_numpy_values_of_old_checkpoints(tmp_path, zip_format):
    file = tmp_path / 'old.pth'
    hook_msgs = {'best_score': np.float64(0.5), 'history': np.arange(3), 'names': np.array(['a'])}
    content = {'meta': {'CLASSES': ['a', 'b'], 'hook_msgs': hook_msgs}, 'state_dict': {'w': torch.ones(2)}}
    torch.save(content, file, _use_new_zipfile_serialization=zip_format)
    read = read_checkpoint(file)['meta']['hook_msgs']
    assert read['best_score'] == 0.5
    assert read['history'].tolist() == [0, 1, 2]


def test_reads_numpy_1_module_names(tmp_path):
    """Files written under NumPy 1 name `numpy.core`, those of NumPy 2 `numpy._core`."""
    modern, old = io.BytesIO(), tmp_path / 'numpy1.pth'
    torch.save({'state_dict': {'w': torch.ones(1)}, 'score': np.float64(2)}, modern)
    with zipfile.ZipFile(modern) as source, zipfile.ZipFile(old, 'w') as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'numpy._core', b'numpy.core'))
    assert b'numpy._core' not in old.read_bytes()
    assert read_checkpoint(old)['score'] == 2


@pytest.mark.parametrize(
    'content',
    [
        {'state_dict': {'a.w': torch.ones(1)}, 'meta': {}},
        {'model': {'a.w': torch.ones(1)}, 'epoch': 3},
        {'a.w': torch.ones(1)},
        {'state_dict': {'module.a.w': torch.ones(1)}},
        {'module.model.a.w': torch.ones(1)},
    ],
)
def test_unwraps(tmp_path, content):
    torch.save(content, tmp_path / 'x.pth')
    assert list(state_dict_of(read_checkpoint(tmp_path / 'x.pth'))) == ['a.w']


def test_prefix_stays_where_not_all_keys_have_it():
    assert set(state_dict_of({'model.a': torch.ones(1), 'b': torch.ones(1)})) == {'model.a', 'b'}


class RunsCommand:
    def __reduce__(self):
        return os.system, ('touch executed',)


class TakesAttribute:
    def __reduce__(self):
        return getattr, (collections.OrderedDict, 'fromkeys')


@pytest.mark.parametrize(
    ('stowaway', 'name'),
    [(RunsCommand(), r'\w+\.system'), (TakesAttribute(), 'getattr'), (nn.Linear(1, 1), 'nn.*Linear')],
)
@pytest.mark.parametrize('zip_format', [True, False])
def test_refuses_code(tmp_path, monkeypatch, stowaway, name, zip_format):
    monkeypatch.chdir(tmp_path)
    content = {'state_dict': {'w': torch.ones(1)}, 'extra': stowaway}
    torch.save(content, 'x.pth', _use_new_zipfile_serialization=zip_format)
    with pytest.raises(
        UserError, match=rf'x\.pth was refused: .*{name}.* not executed.*--trust-checkpoint'
    ) as caught:
        read_checkpoint('x.pth')
    assert '\n' not in str(caught.value)
    assert not (tmp_path / 'executed').exists()


@pytest.mark.parametrize(
    ('content', 'executes'),
    [
        ({'state_dict': {'w': torch.ones(1)}, 'extra': RunsCommand()}, True),
        ({'model': nn.Linear(1, 1, bias=False)}, False),
        (nn.Linear(1, 1, bias=False), False),
    ],
)
def test_trust_runs_what_is_in_the_file_and_says_so(tmp_path, monkeypatch, caplog, content, executes):
    monkeypatch.chdir(tmp_path)
    torch.save(content, 'x.pth')
    with pytest.raises(UserError, match='was refused'):
        read_checkpoint('x.pth')
    (weight,) = state_dict_of(read_checkpoint('x.pth', trust=True)).values()
    assert weight.numel() == 1
    assert (tmp_path / 'executed').exists() is executes
    assert re.search(r'x\.pth holds a Python object \(.*as you allowed', caplog.text)


def test_trust_changes_nothing_for_files_that_need_none(mmengine_file, caplog):
    read_checkpoint(mmengine_file, trust=True)
    assert not caplog.records


def test_a_newer_pickle_protocol_needs_trust(tmp_path):
    torch.save({'w': torch.ones(1)}, tmp_path / 'x.pth', pickle_protocol=4)
    with pytest.raises(UserError, match='newer pickle protocol'):
        read_checkpoint(tmp_path / 'x.pth')
    assert read_checkpoint(tmp_path / 'x.pth', trust=True)['w'] == 1


def test_classes_that_are_not_installed_here(tmp_path, monkeypatch):
    module = types.ModuleType('elsewhere')
    module.Thing = type('Thing', (), {'__module__': 'elsewhere'})
    monkeypatch.setitem(sys.modules, 'elsewhere', module)
    torch.save({'w': torch.ones(1), 'extra': module.Thing()}, tmp_path / 'x.pth')
    monkeypatch.delitem(sys.modules, 'elsewhere')
    with pytest.raises(UserError, match=r"even when trusted .*No module named 'elsewhere'.*state dict only"):
        read_checkpoint(tmp_path / 'x.pth', trust=True)


def test_a_torchscript_program_is_named(tmp_path):
    torch.jit.save(torch.jit.script(nn.Linear(1, 1)), tmp_path / 'x.pt')
    with pytest.raises(UserError, match=r'x\.pt is a TorchScript program'):
        read_checkpoint(tmp_path / 'x.pt')


@pytest.mark.filterwarnings('error')
def test_a_bare_pickle_is_refused_without_remarks_of_torch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'x.pth').write_bytes(pickle.dumps(RunsCommand(), protocol=4))
    with pytest.raises(UserError, match=r'x\.pth .*is truncated or not a checkpoint'):
        read_checkpoint('x.pth')
    assert not (tmp_path / 'executed').exists()


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'is empty'),
        (b'\xff\xd8\xff\xe0JFIF', 'is a JPEG picture'),
        (b'\x89PNG\r\n', 'is a PNG picture'),
        (b'\n<!DOCTYPE html><html>', 'is a web page'),
        (b'version https://git-lfs.github.com/spec/v1', 'Git LFS'),
        (b'model = dict(type="FaceEncoderDecoder")', 'truncated or not a checkpoint'),
        (bytes(100), 'truncated or not a checkpoint'),
    ],
)
def test_other_kinds_of_file(tmp_path, content, message):
    (tmp_path / 'x.pth').write_bytes(content)
    with pytest.raises(UserError, match=rf'x\.pth.*{message}') as caught:
        read_checkpoint(tmp_path / 'x.pth')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('part', [0.01, 0.5, 0.99])
def test_truncated(tmp_path, mmengine_file, part):
    whole = mmengine_file.read_bytes()
    (tmp_path / 'cut.pth').write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(UserError, match=r'cut\.pth \(\d+ bytes\) is truncated or not a checkpoint'):
        read_checkpoint(tmp_path / 'cut.pth')


def test_missing_and_folder(tmp_path):
    with pytest.raises(UserError, match=r'no checkpoint at .*gone\.pth'):
        read_checkpoint(tmp_path / 'gone.pth')
    with pytest.raises(UserError, match='is a folder'):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ('content', 'message'),
    [([1, 2], 'holds a list'), ({'lr': 1.0}, 'found the keys lr'), ({}, 'found the keys none')],
)
def test_no_weights_inside(tmp_path, content, message):
    torch.save(content, tmp_path / 'x.pth')
    with pytest.raises(UserError, match=message):
        read_checkpoint(tmp_path / 'x.pth')


def test_safetensors(tmp_path):
    save_file({'module.w': torch.arange(3.0)}, tmp_path / 'x.safetensors')
    assert state_dict_of(read_checkpoint(tmp_path / 'x.safetensors'))['w'].tolist() == [0, 1, 2]
    (tmp_path / 'cut.safetensors').write_bytes((tmp_path / 'x.safetensors').read_bytes()[:-4])
    with pytest.raises(UserError, match=r'not a complete \.safetensors'):
        read_checkpoint(tmp_path / 'cut.safetensors')


def test_a_checkpoint_that_holds_itself(tmp_path):
    content: dict = {}
    content['model'] = content
    torch.save(content, tmp_path / 'cyclic.pth')
    with pytest.raises(UserError, match='holds no weights'):
        read_checkpoint(tmp_path / 'cyclic.pth')
