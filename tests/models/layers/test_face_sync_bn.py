"""SyncBN over CPU processes against BatchNorm over the whole batch in one process."""

import os

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from closeness import assert_same_numbers
from torch import nn

from mmseg_facenext.models import FaceSyncBN

CHANNELS, PARTS = 4, (3, 2)  # images of each process: uneven, as at the end of an epoch


def whole_batch() -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(sum(PARTS), CHANNELS, 5, 6, generator=generator) * 3 + 10


def step(norm: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    nn.init.constant_(norm.weight, 1.5)
    nn.init.constant_(norm.bias, 0.25)
    x = x.clone().requires_grad_()
    out = norm.train()(x)
    (out**3).sum().backward()
    gradients = dict(x_grad=x.grad, weight_grad=norm.weight.grad, bias_grad=norm.bias.grad)
    return dict(out=out.detach(), **gradients, **norm.state_dict())


def _process(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group('gloo', init_method=f'file://{folder}/meet', rank=rank, world_size=len(PARTS))
    part = whole_batch().split(PARTS)[rank]
    torch.save(step(FaceSyncBN(CHANNELS), part), os.path.join(folder, f'{rank}.pt'))
    dist.destroy_process_group()


@pytest.mark.slow  # test_train_and_test.py trains with it in two processes, with as many images in each
def test_processes_together_are_one_batch(tmp_path):
    # Not forked: what other tests have left of autograd's threads would forbid the backward pass.
    mp.spawn(_process, (str(tmp_path),), nprocs=len(PARTS))
    parts = [torch.load(tmp_path / f'{rank}.pt') for rank in range(len(PARTS))]
    whole = step(nn.BatchNorm2d(CHANNELS), whole_batch())
    for name in ('out', 'x_grad'):
        assert_same_numbers(torch.cat([part[name] for part in parts]), whole[name])
    for name in ('weight_grad', 'bias_grad'):
        assert_same_numbers(sum(part[name] for part in parts), whole[name])
    for name in ('running_mean', 'running_var', 'num_batches_tracked'):
        for part in parts:
            assert_same_numbers(part[name], whole[name])


def test_one_process_is_plain_batch_norm():
    ours, plain = (step(cls(CHANNELS), whole_batch()) for cls in (FaceSyncBN, nn.BatchNorm2d))
    for name, value in plain.items():
        assert_same_numbers(ours[name], value, name=name)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
def test_on_a_gpu():
    norm = FaceSyncBN(CHANNELS).cuda()
    plain = nn.BatchNorm2d(CHANNELS).cuda()
    x = whole_batch().cuda()
    assert_same_numbers(norm.train()(x), plain.train()(x))
