"""What the launcher checks before any process starts."""

import socket

import pytest
import torch

from mmseg_facenext.cli import launch as launching
from mmseg_facenext.cli.launch import launch
from mmseg_facenext.engine.distributed import init_distributed
from mmseg_facenext.errors import UserError


@pytest.fixture(autouse=True)
def _no_cluster(monkeypatch):
    for name in ('NNODES', 'NODE_RANK', 'MASTER_ADDR', 'PORT', 'RANK', 'WORLD_SIZE', 'LOCAL_RANK'):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def torchrun(monkeypatch) -> list:
    """Stands in for torchrun: keeps what it would have been started with."""
    started = []
    monkeypatch.setattr(launching.torchrun, 'run', started.append)
    return started


def test_more_processes_than_gpus(monkeypatch, torchrun):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 4)
    with pytest.raises(UserError, match=r'8 processes asked for, but this machine shows 4 GPU'):
        launch(8, ['train.py'])
    assert not torchrun


def test_machines_without_gpus_take_any_number(monkeypatch, torchrun):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    assert launch(8, ['train.py', 'CONFIG', '--amp', 'bf16']) == 0
    (options,) = torchrun
    assert options.nproc_per_node == '8'
    assert options.training_script_args == ['CONFIG', '--amp', 'bf16']
    assert options.master_addr == '127.0.0.1'


def test_a_free_port_is_found(torchrun):
    launch(1, ['train.py'])
    port = int(torchrun[0].master_port)
    with socket.socket() as probe:
        probe.bind(('', port))


def test_a_taken_port(monkeypatch, torchrun):
    with socket.socket() as other:
        other.bind(('', 0))
        port = str(other.getsockname()[1])
        monkeypatch.setenv('PORT', port)
        with pytest.raises(UserError, match=rf'PORT={port} cannot be used .*leave PORT unset'):
            launch(2, ['train.py'])
        for name, value in dict(NNODES='2', MASTER_ADDR='127.0.0.1', PORT=port).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(UserError, match=r'cannot be used .*the same on every machine'):
            launch(1, ['train.py'])
        monkeypatch.setenv('NODE_RANK', '1')  # who only joins needs no port
        assert launch(1, ['train.py']) == 0


def test_several_machines(monkeypatch, torchrun, capsys):
    monkeypatch.setenv('NNODES', '2')
    monkeypatch.setenv('NODE_RANK', '1')
    with pytest.raises(UserError, match='NNODES=2 needs MASTER_ADDR'):
        launch(4, ['train.py'])
    monkeypatch.setenv('MASTER_ADDR', '10.0.0.1')
    launch(4, ['train.py'])
    (options,) = torchrun
    assert (options.nnodes, options.node_rank, options.master_addr) == ('2', 1, '10.0.0.1')
    assert options.master_port == 29500
    assert 'NODE_RANK=1 of NNODES=2 meets the others at 10.0.0.1:29500' in capsys.readouterr().err


def test_a_port_that_cannot_be_is_named_on_every_machine(monkeypatch, torchrun):
    for name, value in dict(NNODES='2', NODE_RANK='1', MASTER_ADDR='127.0.0.1', PORT='70000').items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match='PORT=70000: choose one up to 65535'):
        launch(1, ['train.py'])


@pytest.mark.parametrize(
    ('name', 'value'), [('NNODES', 'two'), ('NODE_RANK', '1'), ('PORT', '0'), ('PORT', '99999')]
)
def test_contradictory_environment(monkeypatch, torchrun, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f'{name}={value}|{name} must be'):
        launch(1, ['train.py'])


def test_an_address_that_nobody_knows(monkeypatch, torchrun):
    monkeypatch.setenv('MASTER_ADDR', 'no such host')
    with pytest.raises(UserError, match=r'MASTER_ADDR=no such host cannot be found'):
        launch(1, ['train.py'])
    assert not torchrun


@pytest.mark.parametrize('name', ['RANK', 'LOCAL_RANK', 'MASTER_PORT'])
def test_launcher_variables_that_are_no_numbers(monkeypatch, name):
    given = {
        'RANK': '0',
        'WORLD_SIZE': '1',
        'LOCAL_RANK': '0',
        'MASTER_ADDR': 'x',
        'MASTER_PORT': '1',
        name: 'a',
    }
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(UserError, match=rf'{name}=a in the environment: expected a number'):
        init_distributed('pytorch')


def test_a_launcher_without_its_variables():
    with pytest.raises(UserError, match=r'--launcher pytorch needs RANK, WORLD_SIZE, LOCAL_RANK'):
        init_distributed('pytorch')
