"""Several nodes on one host, and processes that die."""

import os
import socket
import subprocess
from pathlib import Path

import closeness
import pytest
import torch

ROOT = Path(__file__).parents[2]
KILLER = '''
import os, signal
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

@HOOKS.register_module()
class DieOnce(Hook):
    """What the kernel does to a process that takes too much memory."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 3 and get_rank() == 1 and os.environ['TORCHELASTIC_RESTART_COUNT'] == '0':
            os.kill(os.getpid(), signal.SIGKILL)
'''


def start(config: Path, processes: int, work_dir: Path, *options: str, **environment) -> subprocess.Popen:
    command = ['tools/dist_train.sh', config, processes, '--work-dir', work_dir, '--seed', 0, *options]
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': '', **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen) -> str:
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said[-3000:]
    return said


def weights(work_dir: Path) -> dict[str, torch.Tensor]:
    return torch.load(work_dir / 'iter_4.pth', weights_only=False)['state_dict']


def assert_same_weights(left: Path, right: Path) -> None:
    closeness.assert_same_weights(weights(left), weights(right))


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(('', 0))
        return str(probe.getsockname()[1])


def test_two_nodes_of_two_processes_learn_what_one_of_four_does(tiny_config, tmp_path):
    one_image_each = ('--cfg-options', 'train_dataloader.batch_size=1')
    cluster = dict(NNODES='2', MASTER_ADDR='127.0.0.1', PORT=free_port())
    nodes = [
        start(tiny_config, 2, tmp_path / 'two', *one_image_each, **cluster, NODE_RANK=str(rank))
        for rank in range(2)
    ]
    for node in nodes:
        finish(node)
    finish(start(tiny_config, 4, tmp_path / 'one', *one_image_each))
    assert_same_weights(tmp_path / 'two', tmp_path / 'one')


@pytest.fixture
def deadly_config(tiny_config, tmp_path, monkeypatch) -> Path:
    (tmp_path / 'die_once.py').write_text(KILLER)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    path = tmp_path / 'deadly.py'
    path.write_text(f"""
_base_ = {str(tiny_config)!r}
custom_imports = dict(imports=['mmseg_facenext.register', 'die_once'], allow_failed_imports=False)
custom_hooks = [*_base_.custom_hooks, dict(type='DieOnce')]
""")
    return path


def test_a_killed_process_ends_the_job_and_is_named(deadly_config, tmp_path):
    process = start(deadly_config, 2, tmp_path / 'killed', '--cfg-options', 'train_dataloader.batch_size=2')
    said, _ = process.communicate(timeout=300)  # gloo alone would wait for half an hour
    assert process.returncode == 1
    assert 'error: process 1 was ended by SIGKILL (out of memory?)' in said


def test_an_elastic_job_goes_on_from_the_last_checkpoint(deadly_config, tiny_config, tmp_path):
    two_images_each = ('--cfg-options', 'train_dataloader.batch_size=2')
    said = finish(start(deadly_config, 2, tmp_path / 'elastic', *two_images_each, MAX_RESTARTS='1'))
    assert 'resumed epoch: 0, iter: 2' in said
    finish(start(tiny_config, 2, tmp_path / 'whole', *two_images_each))
    assert_same_weights(tmp_path / 'elastic', tmp_path / 'whole')
