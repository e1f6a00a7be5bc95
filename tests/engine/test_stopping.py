"""A training that is stopped and resumed has the bits of one that never stopped, and loses nothing to a signal."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import filelock
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine import work_dir as folders
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import INTERRUPTED, STOPPED, Stopped, UserError


@HOOKS.register_module(force=True)
class SignalAt(Hook):
    """Sends this process a signal in the middle of an iteration or of a validation."""

    priority = 'LOWEST'

    def __init__(self, number: int, iteration: int, validation: bool = False):
        self.number, self.iteration, self.validation = number, iteration, validation

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter + 1 == self.iteration and not self.validation:
            os.kill(os.getpid(), self.number)

    def before_val_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.iteration and self.validation and batch_idx == 0:
            os.kill(os.getpid(), self.number)


@pytest.fixture(scope='module')
def lively_config(tiny_config) -> Path:
    """What real recipes draw at random: bases, dropped paths, dropout, crops, flips, colours; in two processes."""
    path = tiny_config.with_name('lively.py')
    path.write_text(f"""
_base_ = {str(tiny_config)!r}
train_dataloader = dict(
    num_workers=2,
    persistent_workers=True,
    dataset=dict(pipeline=[
        *_base_.load,
        dict(type='FaceResize', scale=(48, 48), keep_ratio=False),
        dict(type='FaceRandomCrop', crop_size=(32, 32)),
        dict(type='FaceFlip', prob=0.5),
        dict(type='FacePhotoMetricDistortion'),
        dict(type='PackFaceInputs'),
    ]),
)
model = dict(
    backbone=dict(drop_path_rate=0.5),
    decode_head=dict(dropout_ratio=0.3, ham_kwargs=dict(rand_init=True)),
)
train_cfg = dict(max_iters=8, val_interval=4)
default_hooks = dict(checkpoint=dict(interval=3, max_keep_ckpts=5))
""")
    return path


def run(config: Path, work_dir: Path, *hooks: dict, options: dict | None = None, **arguments):
    cfg = load_config(config, {'work_dir': str(work_dir), **(options or {})})
    cfg.custom_hooks.extend(hooks)
    return train(cfg, ema=0.1, accumulate=2, **arguments)


def state(file: Path) -> dict:
    content = torch.load(file, weights_only=False)
    return {key: content[key] for key in ('state_dict', 'ema_state_dict', 'optimizer', 'param_schedulers')}


def assert_same_bits(left, right):
    if isinstance(left, torch.Tensor):
        assert torch.equal(left, right)
    elif isinstance(left, dict):
        assert left.keys() == right.keys()
        for key in left:
            assert_same_bits(left[key], right[key])
    elif isinstance(left, list | tuple):
        for one, other in zip(left, right, strict=True):
            assert_same_bits(one, other)
    else:
        assert left == right


@pytest.fixture(scope='module')
def whole(lively_config, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('whole')
    run(lively_config, work_dir, seed=5)
    return work_dir


def test_a_checkpoint_waits_for_the_update(whole):
    """Due after 3 and 6 iterations, with an update every 2; 8 is the last."""
    assert {path.name for path in whole.glob('iter_*.pth')} == {'iter_4.pth', 'iter_6.pth', 'iter_8.pth'}


@pytest.mark.parametrize(
    ('number', 'iteration', 'validation', 'saved', 'workers'),
    [
        (signal.SIGTERM, 1, False, 2, 2),  # an update later
        (signal.SIGUSR1, 4, True, 4, 1),  # while the averages are in the place of the weights
        (signal.SIGINT, 6, False, 6, 0),
    ],
)
def test_stopped_and_resumed_is_never_stopped(
    lively_config, whole, tmp_path, capfd, number, iteration, validation, saved, workers
):
    stop = dict(type='SignalAt', number=int(number), iteration=iteration, validation=validation)
    before = signal.getsignal(number)  # a background job of a shell ignores SIGINT
    with pytest.raises(Stopped, match=rf'stopped by {number.name}; saved: .*iter_{saved}\.pth') as stopped:
        run(lively_config, tmp_path, stop, seed=5)
    assert stopped.value.code == (INTERRUPTED if number == signal.SIGINT else STOPPED)
    assert capfd.readouterr().err.count(f'{number.name}: stopping') == 1
    assert signal.getsignal(number) == before
    loader = {'train_dataloader.num_workers': workers, 'train_dataloader.persistent_workers': workers > 0}
    run(lively_config, tmp_path, options=loader, resume=True)
    assert_same_bits(state(tmp_path / 'iter_8.pth'), state(whole / 'iter_8.pth'))


def test_epochs_go_on_where_they_stopped(lively_config, tmp_path):
    """8 photos are 2 batches: iteration 3 is the middle of the second of three epochs."""

    def recipe(name: str):
        cfg = load_config(lively_config, {'work_dir': str(tmp_path / name)})
        cfg.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=3, val_interval=3)
        cfg.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=True)
        cfg.default_hooks.checkpoint.update(by_epoch=True, interval=1)
        cfg.param_scheduler = [dict(type='MultiStepLR', milestones=[1, 2], gamma=0.5, by_epoch=True)]
        return cfg

    before = multiprocessing.active_children()
    train(recipe('whole'), seed=1)
    stopped = recipe('cut')
    stopped.custom_hooks.append(dict(type='SignalAt', number=int(signal.SIGTERM), iteration=3))
    with pytest.raises(Stopped, match=r'stopped\.pth'):
        train(stopped, seed=1)
    assert multiprocessing.active_children() == before  # what loaded data has ended, after a stop, too
    train(recipe('cut'), resume=True)
    left, right = (
        torch.load(tmp_path / name / 'epoch_3.pth', weights_only=False) for name in ('whole', 'cut')
    )
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_same_bits(left[key], right[key])
    assert left['meta']['iter'] == right['meta']['iter'] == 6


def test_two_trainings_do_not_share_a_folder(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, 'SECONDS_TO_WAIT', 0)
    with filelock.FileLock(tmp_path / '.lock'), pytest.raises(UserError, match='another training writes to'):
        train(load_config(tiny_config, {'work_dir': str(tmp_path)}))


def test_what_a_killed_run_left_half_written_is_removed(tmp_path):
    hex_number = 'a' * 32
    left = [
        f'.iter_10.{hex_number}.pth',
        f'.best_mIoU_iter_10.{hex_number}.pth',
        f'.epoch_1.{hex_number}.pth',
    ]
    kept = ['iter_10.pth', f'.face.{hex_number}.onnx', f'.iter_10-12345678.{hex_number}.pth']
    for name in (*left, *kept):
        (tmp_path / name).write_bytes(b'0')
    with folders.only_training_in(tmp_path):
        assert not [name for name in left if (tmp_path / name).exists()]
    assert all((tmp_path / name).exists() for name in kept)


def test_the_newest_checkpoint_is_that_of_the_most_iterations(tmp_path):
    """Not the one with the latest date: clocks are set back, and copies are new."""
    for age, number in enumerate((1000, 200, 30)):
        (tmp_path / f'iter_{number}.pth').touch()
        os.utime(tmp_path / f'iter_{number}.pth', (age, age))
    (tmp_path / 'last_checkpoint').touch()
    assert folders.last_checkpoint(tmp_path) == str(tmp_path / 'iter_1000.pth')


def test_other_threads_train_without_handlers(tiny_config, tmp_path):
    cfg = load_config(tiny_config, {'work_dir': str(tmp_path), 'train_cfg.max_iters': 1})
    thread = threading.Thread(target=train, args=[cfg])
    thread.start()
    thread.join()
    assert (tmp_path / 'iter_1.pth').exists()


ENDING = """
import os, signal
from functools import partial
from torch.utils.data import DataLoader
from mmseg_facenext.engine.stopping import start_worker
loader = DataLoader(range(8), num_workers=2, persistent_workers=True, worker_init_fn=partial(start_worker, None))
batches = iter(loader)
next(batches), next(batches)  # both have begun
for worker in batches._workers:
    os.kill(worker.pid, signal.SIGTERM)
print(sum(map(int, batches)))
"""


def test_loading_processes_ignore_a_stop_and_end_with_the_training():
    """Persistent ones live until Python's own end, which sends SIGTERM and waits."""
    done = subprocess.run([sys.executable, '-c', ENDING], capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (0, '27\n'), done.stderr
