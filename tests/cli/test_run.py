"""One line for what the user can mend, a traceback for what only we can."""

import errno
import os
import re

import cv2
import numpy as np
import pytest
import torch
from torch.distributed import DistStoreError

from mmseg_facenext.cli import run as cli
from mmseg_facenext.cli.run import explain, run_tool
from mmseg_facenext.errors import UserError


def test_a_user_error_is_one_line_on_stderr(capsys):
    def main():
        raise UserError('photo.jpg is no image:\n  expected JPEG or PNG')

    with pytest.raises(SystemExit) as left:
        run_tool(main)
    assert left.value.code == 1
    assert capsys.readouterr().err == 'error: photo.jpg is no image: expected JPEG or PNG\n'


def test_the_traceback_can_be_asked_for(capsys, monkeypatch):
    monkeypatch.setenv('FACENEXT_TRACEBACK', '1')
    with pytest.raises(SystemExit):
        run_tool(lambda: (_ for _ in ()).throw(UserError('x')))
    assert 'Traceback' in capsys.readouterr().err


def test_a_defect_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_tool(lambda: 1 / 0)


def test_ctrl_c_exits_with_130(capsys):
    def main():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as left:
        run_tool(main)
    assert left.value.code == 130
    assert capsys.readouterr().err == 'interrupted\n'


@pytest.mark.parametrize(
    ('code', 'words'),
    [(errno.ENOSPC, 'disk is full'), (errno.EROFS, 'read-only'), (errno.EACCES, 'permission denied')],
)
def test_disk_errors_name_the_place_and_the_remedy(code, words):
    message = explain(OSError(code, 'whatever', '/data/work'))
    assert message.startswith('/data/work: ')
    assert words in message
    assert 'choose another folder' in message


def test_other_os_errors_are_defects():
    assert explain(OSError(errno.ENOTCONN, 'whatever')) is None


class Broken(torch.utils.data.Dataset):
    def __init__(self, error: Exception):
        self.error = error

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int):
        raise self.error


@pytest.mark.parametrize(
    ('error', 'message'),
    [
        (UserError('7.jpg is truncated'), '7.jpg is truncated'),
        (OSError(errno.ENOSPC, 'No space left on device'), 'the disk is full'),
    ],
)
def test_errors_of_loading_workers_come_without_their_traceback(error, message):
    loader = torch.utils.data.DataLoader(Broken(error), num_workers=1)
    with pytest.raises(type(error)) as caught:
        next(iter(loader))
    assert explain(caught.value).startswith(message)


def test_other_ranks_say_who_they_are(monkeypatch, capsys):
    left: list[int] = []
    slept: list[float] = []
    monkeypatch.setenv('RANK', '1')
    monkeypatch.setenv('WORLD_SIZE', '2')
    monkeypatch.setattr(cli.os, '_exit', left.append)
    monkeypatch.setattr(cli.time, 'sleep', slept.append)
    with pytest.raises(SystemExit):
        run_tool(lambda: (_ for _ in ()).throw(UserError('7.jpg is truncated')))
    assert (left, slept) == ([1], [cli.SECONDS_BEFORE_OTHER_RANKS_SPEAK])
    assert capsys.readouterr().err == '[rank 1] error: 7.jpg is truncated\n'


@pytest.mark.parametrize(('rank', 'waited'), [('0', []), ('1', [cli.SECONDS_BEFORE_OTHER_RANKS_SPEAK])])
def test_rank_0_is_first_to_say_that_an_argument_is_wrong(monkeypatch, capsys, rank, waited):
    slept: list[float] = []
    monkeypatch.setenv('RANK', rank)
    monkeypatch.setattr(cli.time, 'sleep', slept.append)
    with pytest.raises(SystemExit) as left:
        cli.ArgumentParser().parse_args(['--foo'])
    assert left.value.code == 2
    assert slept == waited
    assert 'unrecognized arguments: --foo' in capsys.readouterr().err


def test_of_an_interrupted_job_rank_0_speaks_alone(monkeypatch, capsys):
    monkeypatch.setenv('RANK', '1')
    monkeypatch.setenv('WORLD_SIZE', '2')
    left: list[int] = []
    monkeypatch.setattr(cli.os, '_exit', left.append)
    with pytest.raises(SystemExit):
        run_tool(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert left == [130]
    assert not capsys.readouterr().err


def test_odd_variables_of_a_launcher_hide_no_error(monkeypatch, capsys):
    monkeypatch.setenv('RANK', 'a')
    monkeypatch.setenv('WORLD_SIZE', '')
    with pytest.raises(SystemExit):
        run_tool(lambda: (_ for _ in ()).throw(UserError('RANK=a')))
    assert capsys.readouterr().err == 'error: RANK=a\n'


@pytest.mark.parametrize(('rank', 'said'), [('0', True), ('1', False)])
def test_help_is_said_once(rank, said, monkeypatch, capsys):
    monkeypatch.setenv('RANK', rank)
    with pytest.raises(SystemExit, match='0'):
        cli.ArgumentParser().parse_args(['--help'])
    assert ('usage' in capsys.readouterr().out) == said


def test_a_logger_that_is_not_installed_is_one_line():
    """What mmengine raises for `WandbVisBackend` where wandb is missing."""
    said = explain(ImportError('Please run "pip install wandb" to install wandb'))
    assert said is not None
    assert 'not installed: pip install wandb' in said


@pytest.mark.parametrize(
    'allocate',
    [
        lambda: torch.empty(10**15),
        lambda: np.ones(10**15),
        lambda: cv2.resize(np.ones((9, 9)), (2**30, 2**20)),
    ],
)
def test_too_little_memory_is_explained_in_terms_of_the_tool(allocate, capsys):
    with pytest.raises(SystemExit):
        run_tool(allocate, less_memory='lower --batch-size')
    assert capsys.readouterr().err == 'error: too little memory: lower --batch-size\n'


@pytest.mark.parametrize(
    'error',
    [
        RuntimeError(
            'Caught _ArrayMemoryError in DataLoader worker process 0.\nUnable to allocate 7 TiB for an array'
        ),
        RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`'),
        OSError(errno.ENOMEM, 'Cannot allocate memory'),
    ],
)
def test_other_words_for_too_little_memory(error):
    assert explain(error) == f'too little memory: {cli.LESS_MEMORY}'


@pytest.mark.parametrize(
    'defect',
    [
        KeyError('no entry for the out of memory policy'),
        RuntimeError('unknown out of memory policy'),
        ValueError("can't allocate memory"),
        ImportError('libgomp.so: cannot allocate memory in static TLS block'),
        KeyError('DataLoader worker (pid 3) exited unexpectedly'),
    ],
)
def test_words_of_a_defect_do_not_make_it_a_persons_mistake(defect):
    assert explain(defect) is None


def test_a_loading_worker_that_crashed_is_a_defect():
    crashed = 'DataLoader worker (pid 3) is killed by signal: Segmentation fault. '
    assert explain(RuntimeError(crashed)) is None


class Killed(Broken):
    def __getitem__(self, index: int):
        os._exit(9)


def test_a_loading_worker_that_was_killed():
    loader = torch.utils.data.DataLoader(Killed(ValueError()), num_workers=1)
    with pytest.raises(RuntimeError) as caught:
        next(iter(loader))
    assert re.search(
        r'a process that loads data exited unexpectedly.*lower num_workers', explain(caught.value)
    )


@pytest.mark.parametrize(
    ('error', 'said'),
    [
        (DistStoreError('wait timeout after 40000ms, keys: /default_pg/0//cpu//0/1'), 'NODE_RANK of its own'),
        (
            RuntimeError('Gloo connectFullMesh failed with timed out connecting'),
            'another process of this job',
        ),
    ],
)
def test_processes_that_do_not_meet(error, said, monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '2')
    assert said in explain(error)
