"""The real scripts: train on two processes and on two nodes, stop, resume, test.

Each process imports everything anew, which takes seconds: what shows in one process too is called in this one.
"""

import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import filelock
import numpy as np
import pytest
import torch
from closeness import assert_same_weights
from PIL import Image

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError

ROOT = Path(__file__).parents[2]
TWO_IMAGES_EACH = ('--seed', 0, '--cfg-options', 'train_dataloader.batch_size=2')
score = runpy.run_path(str(ROOT / 'tools/test.py'))['main']


def run(*command, **environment) -> subprocess.CompletedProcess:
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': '', **environment}
    command = [str(part) for part in command]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300)


def weights(work_dir: Path, iteration: int) -> dict[str, torch.Tensor]:
    return torch.load(work_dir / f'iter_{iteration}.pth', weights_only=False)['state_dict']


@pytest.fixture(scope='module', autouse=True)
def _without_extras(tmp_path_factory):
    """mmseg imports mmpretrain and timm where they are, for more than a second; most people have neither."""
    folder = tmp_path_factory.mktemp('absent')
    for name in ('mmpretrain', 'timm'):
        (folder / f'{name}.py').write_text(f'raise ModuleNotFoundError(name={name!r})')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', str(folder), prepend=os.pathsep)
        yield


@pytest.fixture(scope='module')
def trained(tiny_config_with_report, tmp_path_factory) -> Path:
    """The work dir of a training on two nodes of one process each, with two images each."""
    work_dir = tmp_path_factory.mktemp('two')
    with socket.socket() as probe:
        probe.bind(('', 0))
        port = str(probe.getsockname()[1])
    command = ('tools/dist_train.sh', tiny_config_with_report, 1, '--work-dir', work_dir, *TWO_IMAGES_EACH)

    def node(rank: int) -> subprocess.CompletedProcess:
        return run(*command, NNODES='2', MASTER_ADDR='127.0.0.1', PORT=port, NODE_RANK=str(rank))

    with ThreadPoolExecutor() as pool:
        first, second = pool.map(node, range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    return work_dir


def test_training_leaves_checkpoints_logs_and_pictures(trained):
    assert (trained / 'iter_4.pth').exists()
    assert (trained / 'last_checkpoint').read_text().endswith('iter_4.pth')
    assert list(trained.glob('best_mIoU_iter_*.pth'))
    assert [path.name for path in trained.glob('.*')] in ([], ['.lock'])
    for picture in ('training_curve.png', 'per_class_val.png'):
        with Image.open(trained / picture) as image:
            assert min(image.size) > 300
    (log,) = trained.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    steps = [line for line in lines if 'loss' in line]
    assert [line['step'] for line in steps] == [1, 2, 3, 4]
    assert all(line['memory'] > 0 and line['lr'] > 0 for line in steps)
    assert list(trained.glob('*/vis_data/events.out.tfevents*'))


def test_one_process_learns_the_same_also_after_a_stop(trained, tiny_config, tmp_path, capfd):
    """One process sees the four images of two nodes, and goes on from their checkpoint."""
    train(load_config(tiny_config, {'work_dir': str(tmp_path / 'one')}), seed=0)
    assert_same_weights(weights(trained, 4), weights(tmp_path / 'one', 4))
    stopped = tmp_path / 'stopped'
    stopped.mkdir()
    shutil.copy(trained / 'iter_2.pth', stopped)  # what a training leaves that is stopped in iteration 3
    (stopped / 'last_checkpoint').write_text(str(stopped / 'iter_2.pth'))
    train(load_config(tiny_config, {'work_dir': str(stopped)}), resume=True, seed=0)
    assert 'resumed epoch: 0, iter: 2' in ''.join(capfd.readouterr())
    assert_same_weights(weights(stopped, 4), weights(trained, 4))


def test_testing_gives_the_scores_of_the_validation(trained, tiny_config_with_report, tmp_path):
    done = run(
        'tools/dist_test.sh', tiny_config_with_report, trained / 'iter_4.pth', 2, '--eval', 'mIoU', 'mFscore',
        '--out', tmp_path / 'out', '--show-dir', tmp_path / 'show', '--work-dir', tmp_path / 'work',
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert 'leaked' not in done.stderr  # what Triton's bindings say of objects that live on at the end
    tested = json.loads((tmp_path / 'work/per_class_test.json').read_text())
    validated = json.loads((trained / 'per_class_val.json').read_text())
    assert tested['confusion'] == validated['confusion']
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == ['10.png', '8.png', '9.png']
    labels = np.array(Image.open(tmp_path / 'out/8.png'))
    assert labels.shape == (64, 64)
    assert labels.max() < 19
    assert {path.name for path in (tmp_path / 'show').iterdir()} == {'10.jpg', '8.jpg', '9.jpg'}


def test_test_time_augmentation(trained, tiny_config, tmp_path, capfd):
    options = ('--tta', '--eval', 'mIoU', '--work-dir', tmp_path)
    score([str(word) for word in (tiny_config, trained / 'iter_4.pth', *options)])
    assert 'scales and flips averaged' in capfd.readouterr().out


def started(config: Path, work_dir: Path, *options) -> subprocess.Popen:
    """A training on two processes that has just written a checkpoint."""
    before = {path.name for path in work_dir.glob('iter_*.pth')}
    command = [
        'tools/dist_train.sh', config, '2', '--work-dir', work_dir, '--amp', 'bf16', *options,
        '--cfg-options', 'train_cfg.max_iters=100000', 'train_cfg.val_interval=100000',
        'default_hooks.checkpoint.interval=10', 'train_dataloader.num_workers=1',
    ]  # fmt: skip
    training = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300  # on the slowest machine
    while {path.name for path in work_dir.glob('iter_*.pth')} <= before:
        assert training.poll() is None, training.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return training


def iterations_saved(work_dir: Path) -> int:
    return torch.load((work_dir / 'last_checkpoint').read_text(), weights_only=False)['meta']['iter']


@pytest.mark.skipif(os.name != 'posix', reason='signals of POSIX')
def test_two_processes_told_to_stop_and_left_by_their_launcher(tiny_config, tmp_path):
    training = started(tiny_config, tmp_path)
    os.killpg(training.pid, signal.SIGTERM)  # as Slurm and systemd do, the loading processes included
    _, said = training.communicate(timeout=100)
    assert training.returncode == 75, said
    lines = [line for line in said.splitlines() if 'mmengine' not in line]
    first = iterations_saved(tmp_path)
    assert lines == [
        'SIGTERM: stopping after this iteration, with a checkpoint',
        f'stopped by SIGTERM; saved: {tmp_path}/iter_{first}.pth; --resume goes on from it',
    ]

    training = started(tiny_config, tmp_path, '--resume')
    training.kill()  # the launcher alone
    training.wait()
    with filelock.FileLock(tmp_path / '.lock', timeout=60):  # which the first process holds until its end
        assert iterations_saved(tmp_path) > first
    assert not list(tmp_path.glob('.iter*'))


BREAKER = '''
import os, signal
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmseg_facenext.errors import UserError

RESTARTED = os.environ['TORCHELASTIC_RESTART_COUNT'] != '0'

@HOOKS.register_module()
class BreakTwice(Hook):
    """In iteration 4 what the kernel does to a process that takes too much memory, in iteration 5 a mistake."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 3 and get_rank() == 1 and not RESTARTED:
            os.kill(os.getpid(), signal.SIGKILL)
        if runner.iter == 4 and get_rank() == 1:
            raise UserError('5.jpg is truncated')
'''


def test_an_elastic_job_goes_on_from_the_last_checkpoint_and_a_mistake_on_one_rank_ends_it_with_its_line(
    trained, tiny_config, tmp_path
):
    (tmp_path / 'break_twice.py').write_text(BREAKER)
    config = tmp_path / 'broken.py'
    config.write_text(f"""
_base_ = {str(tiny_config)!r}
custom_imports = dict(imports=['mmseg_facenext.register', 'break_twice'], allow_failed_imports=False)
custom_hooks = [*_base_.custom_hooks, dict(type='BreakTwice', priority='LOWEST')]
train_cfg = dict(max_iters=5)
""")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get('PYTHONPATH')])])
    work_dir = tmp_path / 'elastic'
    done = run(
        'tools/dist_train.sh', config, 2, '--work-dir', work_dir, *TWO_IMAGES_EACH,
        MAX_RESTARTS='1', PYTHONPATH=path,
    )  # fmt: skip
    assert 'resumed epoch: 0, iter: 2' in done.stdout + done.stderr
    assert_same_weights(weights(work_dir, 4), weights(trained, 4))
    assert done.returncode == 1  # where gloo alone would wait for half an hour
    assert 'Traceback' not in done.stdout + done.stderr
    assert [line for line in done.stderr.splitlines() if 'error: ' in line] == [
        '[rank 1] error: 5.jpg is truncated'
    ]


def test_a_process_that_was_killed_is_named(tmp_path):
    script = tmp_path / 'killed.py'
    script.write_text(
        "import os, time; os.kill(os.getpid(), 9) if os.environ['RANK'] == '1' else time.sleep(60)"
    )
    done = run(sys.executable, '-m', 'mmseg_facenext.cli.launch', 2, script)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ['error: process 1 was ended by SIGKILL (out of memory?)']


def test_an_unknown_metric_is_named_before_anything_runs(tiny_config, trained):
    with pytest.raises(UserError, match=r'mPQ.*mFscore'):
        score([str(tiny_config), str(trained / 'iter_4.pth'), '--eval', 'mPQ'])


def test_usage_without_arguments():
    for script in ('dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh'):
        done = run(f'tools/{script}')
        assert done.returncode == 2
        assert script in done.stderr
