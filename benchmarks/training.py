"""SegNeXt's training step, ours against upstream mmsegmentation's: images per second and peak memory, as a table.

    python benchmarks/training.py                                          # MSCAN-B, batch 16, 512x512, on a GPU
    python benchmarks/training.py --size tiny --sides 'upstream bf16' 'ours bf16 compiled channels_last'
    python benchmarks/training.py --device cpu --size tiny --batch 2 --shape 128 128 --rounds 3

A step is forward, cross entropy at the labels' size, backward, AdamW. Sides are named as in inference.py; their bf16 is
autocast's. All have the same weights, images and labels and take turns in one process; a ratio is the median over the
rounds. Batches are on the device already: how fast they come there is what data_loading.py measures. Before anything is
timed, the first loss of every side is compared with upstream's; a side that fails or differs is named below the table.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

import torch
import torch.nn.functional as F
from inference import (
    DTYPES,
    OPTIONS,
    UPSTREAM,
    add_size_arguments,
    build,
    failure,
    hardware,
    in_layout,
    operators,
    side_of,
    with_switch,
)
from torch import Tensor, nn

from mmseg_facenext.analysis.timing import compare
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.errors import UserError
from mmseg_facenext.utils.text_table import text_table

SIDES = (  # the published setting comes first
    'upstream bf16',
    'ours bf16',
    'ours bf16 channels_last',
    'ours bf16 kernels',
    'ours bf16 compiled',
    'ours bf16 compiled kernels',
)
TOLERANCE = {'float32': 0.02, 'bf16': 0.1}  # of the first loss; TF32 products and dropout aside
GOALS = (
    'Goals on one GPU, batch 16: 3x the published setting (upstream float32), 2x upstream bf16, '
    "half of the published setting's memory."
)


class Side:
    """One way to train: its network, optimizer, layout and precision.

    Args:
        name: see inference.py.
        network: backbone and head; it is trained in place.
    """

    def __init__(self, name: str, network: nn.Module, device: torch.device):
        kind, precision, *options = name.split()
        network = in_layout(network.train().to(device), options)
        for module in network.modules():
            if isinstance(module, nn.Dropout | nn.Dropout2d):
                module.p = 0.0  # the first losses are to be comparable
            if hasattr(module, 'drop_prob'):
                module.drop_prob = 0.0
        self.network = with_switch(
            torch.compile(network) if 'compiled' in options else network, 'kernels' in options
        )
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=6e-5, weight_decay=0.01, fused=kind == 'ours' or None
        )
        self.layout = torch.channels_last if 'channels_last' in options else torch.contiguous_format
        self.dtype = DTYPES[precision]

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return the loss before the update, as a scalar on the device."""
        loss = loss_of(self.network, images.contiguous(memory_format=self.layout), labels, self.dtype)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach()


def loss_of(
    network: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor, dtype: torch.dtype
) -> Tensor:
    """Cross entropy at the labels' size; with another dtype than float32 under its autocast."""
    device = images.device.type
    with contextlib.nullcontext() if dtype == torch.float32 else torch.autocast(device, dtype):
        enlarged = F.interpolate(network(images), labels.shape[1:], mode='bilinear', align_corners=False)
        return F.cross_entropy(enlarged, labels, ignore_index=255)


def started(name: str, size: str, images: Tensor, labels: Tensor) -> tuple[Side, float, float]:
    """Return a side, its first loss, and the GB of the GPU that its steps take beside the batch."""
    gpu = images.is_cuda
    before = torch.cuda.memory_allocated() if gpu else 0
    networks = build(size, [32, 32], 1, 'cpu')
    side = Side(name, networks.ours if name.startswith('ours') else networks.upstream, images.device)
    torch.manual_seed(1)  # the factorisation starts from a random basis, the same for all
    loss = side.step(images, labels).item()
    if not gpu:
        return side, loss, float('nan')
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()  # without what cuDNN tried in the first step
    for _ in range(2):
        side.step(images, labels)
    return side, loss, (torch.cuda.max_memory_allocated() - before) / 1e9


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_size_arguments(parser, 'base', 16)
    parser.add_argument('--device', choices=('cuda', 'cpu'), default='cuda', help='default %(default)s')
    parser.add_argument('--rounds', type=at_least_one, default=10, help='default %(default)s')
    parser.add_argument(
        '--sides',
        nargs='+',
        type=side_of(('upstream', 'ours'), OPTIONS),
        default=SIDES,
        metavar='SIDE',
        help=f'default {", ".join(SIDES)}',
    )
    args = parser.parse_args(argv)
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise UserError('no GPU here; --device cpu runs the same on the processor')
    return args


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.benchmark = True
    for size, batch in product(args.size, args.batch):
        print_table(size, batch, args)
    print(GOALS)


def print_table(size: str, batch: int, args: argparse.Namespace) -> None:
    torch.manual_seed(0)
    images = torch.randn(batch, 3, *args.shape, device=args.device)
    labels = torch.randint(0, 19, (batch, *args.shape), device=args.device)
    sides, losses, memory, failed = {}, {}, {}, {}
    for name in dict.fromkeys((UPSTREAM, *args.sides)):
        try:
            side, losses[name], memory[name] = started(name, size, images, labels)
            if abs(losses[name] - losses[UPSTREAM]) > TOLERANCE[name.split()[1]] * losses[UPSTREAM]:
                raise UserError(f'first loss {losses[name]:.4f}, upstream has {losses[UPSTREAM]:.4f}')
        except Exception as error:  # the others are worth their times
            failed[name] = failure(error)
        else:
            sides[name] = partial(side.step, images, labels)
    times = compare(sides, repeats=args.rounds, warmup=1)
    rows = [
        [
            name,
            f'{batch / timing.median:.1f}',
            f'{times.ratio(UPSTREAM, name):.2f}',
            f'{memory[name]:.1f}',
            f'{memory[name] / memory[UPSTREAM]:.2f}',
        ]
        for name, timing in times.items()
    ]
    head = ['side', 'images per second', 'speed', 'peak memory, GB', 'of the first']
    print(
        f'{title(size, batch, args)}; {hardware(args.device, "precision as named")}\n\n{text_table(head, rows)}'
    )
    for name, why in failed.items():
        print(f'\n{name} failed: {why}')
    for name, step in sides.items() if args.operators else ():
        print('', operators(name, step, args.operators), sep='\n')
    print(flush=True)


def title(size: str, batch: int, args: argparse.Namespace) -> str:
    return f'MSCAN-{size[0].upper()}, batch {batch}, {args.shape[0]}x{args.shape[1]}'


if __name__ == '__main__':
    run_tool(main)
