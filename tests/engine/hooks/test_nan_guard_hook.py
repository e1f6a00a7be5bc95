import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import CheckpointHook
from mmengine.model import BaseModel
from mmengine.runner import Runner

from mmseg_facenext.engine.hooks import NanGuardHook
from mmseg_facenext.errors import UserError


class Model(BaseModel):
    """Learns one number; breaks as it is told at an iteration, counted from 1."""

    def __init__(self, break_at, how='loss'):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))
        self.break_at, self.how = break_at, how
        self.iteration = 0

    def forward(self, inputs, data_samples=None, mode='loss'):
        if mode == 'predict':
            return [{}]
        self.iteration += 1
        good = self.weight**2
        if self.iteration != self.break_at:
            return {'loss_ce': good, 'acc': good.detach()}
        if self.how == 'loss':
            return {'loss_ce': good, 'loss_dice': good * torch.inf, 'acc': good.detach()}
        return {'loss_ce': good + (0 * self.weight).sqrt()}  # finite, but the root's slope at 0 is not


class Score(BaseMetric):
    default_prefix = ''

    def process(self, data_batch, data_samples):
        self.results.append(1)

    def compute_metrics(self, results):
        return {'mIoU': self.dataset_meta['scores'].pop(0)}


class Data(torch.utils.data.Dataset):
    metainfo = {'scores': [1.0, 2.0, 3.0, 4.0]}  # each validation is the best so far

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return {'inputs': torch.zeros(1)}


def loader():
    return dict(batch_size=1, num_workers=0, dataset=Data(), sampler=dict(type=DefaultSampler, shuffle=False))


def train(work_dir, model, save_every=2, validate_every=100, interval=50, max_iters=12):
    Data.metainfo['scores'] = [1.0, 2.0, 3.0, 4.0]
    saving = dict(
        type='FaceCheckpointHook', by_epoch=False, interval=save_every, save_best='mIoU', rule='greater'
    )
    runner = Runner(
        model=model,
        work_dir=str(work_dir),
        train_dataloader=loader() | {'sampler': dict(type='InfiniteSampler')},
        train_cfg=dict(by_epoch=False, max_iters=max_iters, val_interval=validate_every),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
        val_dataloader=loader(),
        val_cfg=dict(),
        val_evaluator=Evaluator(Score()),
        default_hooks=dict(checkpoint=saving),
        custom_hooks=[NanGuardHook(interval)],
        experiment_name=str(work_dir),
        default_scope='mmseg',
        log_level='WARNING',
    )
    runner.train()


def saved_weights(work_dir):
    return {p.name: torch.load(p, weights_only=False)['state_dict']['weight'] for p in work_dir.glob('*.pth')}


def test_a_bad_loss_stops_before_the_next_checkpoint(tmp_path):
    last = re.escape(str(tmp_path / 'iter_4.pth'))
    with pytest.raises(
        UserError, match=rf'loss \(loss_dice\) at iteration 5\. .* is kept: {last}; .*--load-from {last}'
    ):
        train(tmp_path, Model(break_at=5))
    weights = saved_weights(tmp_path)
    assert weights.keys() == {'iter_2.pth', 'iter_4.pth'}
    assert all(w.isfinite() for w in weights.values())
    assert (tmp_path / 'last_checkpoint').read_text() == str(tmp_path / 'iter_4.pth')


def test_a_bad_loss_in_the_iteration_of_a_checkpoint(tmp_path):
    with pytest.raises(UserError, match='at iteration 4'):
        train(tmp_path, Model(break_at=4))
    assert saved_weights(tmp_path).keys() == {'iter_2.pth'}


def test_a_bad_gradient_in_the_iteration_of_a_checkpoint(tmp_path):
    with pytest.raises(UserError, match='weights after iteration 4, whose losses were finite'):
        train(tmp_path, Model(break_at=4, how='gradient'))
    assert saved_weights(tmp_path).keys() == {'iter_2.pth'}


def test_the_best_checkpoint_stays_good(tmp_path):
    with pytest.raises(UserError, match='at iteration 5'):
        train(tmp_path, Model(break_at=5), save_every=100, validate_every=3)
    weights = saved_weights(tmp_path)
    assert weights.keys() == {'best_mIoU_iter_3.pth'}
    assert weights['best_mIoU_iter_3.pth'].isfinite()


def test_before_the_first_checkpoint(tmp_path):
    with pytest.raises(UserError, match=r'at iteration 2\. Training stopped before its first checkpoint'):
        train(tmp_path, Model(break_at=2), save_every=100, interval=3, max_iters=100)


def test_the_last_iteration_is_looked_at(tmp_path):
    with pytest.raises(UserError, match='at iteration 3'):
        train(tmp_path, Model(break_at=3), save_every=100, max_iters=3)
    assert saved_weights(tmp_path) == {}


def test_a_healthy_run_is_left_alone(tmp_path):
    train(tmp_path, Model(break_at=None), max_iters=4, validate_every=2)
    assert {'iter_2.pth', 'iter_4.pth', 'best_mIoU_iter_4.pth'} <= saved_weights(tmp_path).keys()


def test_the_answer_is_read_only_now_and_then(monkeypatch):
    """Reading is what makes the host wait for the GPU; in between nothing may ask for a value."""
    hook = NanGuardHook(interval=4)
    reads = []
    monkeypatch.setattr(hook, '_check_losses', lambda runner: reads.append(runner.iter + 1))
    checkpoints = CheckpointHook(interval=6, by_epoch=False)
    runner = SimpleNamespace(max_iters=100, hooks=[checkpoints], model=torch.nn.Linear(1, 1))
    hook.before_train(runner)
    loss = torch.full((), torch.nan, device='meta')  # a value that cannot be read
    for runner.iter in range(12):
        hook.after_train_iter(runner, runner.iter, outputs={'loss': loss})
    assert reads == [4, 6, 8, 12]


def one_of_two(rank, folder):
    dist.init_process_group(
        'gloo', f'file://{folder}/store', timeout=timedelta(seconds=60), world_size=2, rank=rank
    )
    hook = NanGuardHook(interval=2)
    runner = SimpleNamespace(max_iters=100, hooks=[], work_dir=str(folder), optim_wrapper=None)
    hook.before_train(runner)
    for runner.iter in range(4):
        broken = rank == 1 and runner.iter == 2
        loss = torch.tensor(torch.nan if broken else 1.0)
        try:
            hook.after_train_iter(runner, runner.iter, outputs={'loss': loss})
        except UserError as error:
            (folder / f'{rank}.txt').write_text(f'{runner.iter + 1}: {error}')
            break
    dist.destroy_process_group()


def test_all_processes_stop_together(tmp_path):
    mp.start_processes(one_of_two, (tmp_path,), nprocs=2, start_method='fork')  # nothing to import anew
    messages = [(tmp_path / f'{rank}.txt').read_text() for rank in range(2)]
    assert messages[0] == messages[1]
    assert messages[0].startswith('4: NaN or infinite loss (loss) at iteration 3.')
