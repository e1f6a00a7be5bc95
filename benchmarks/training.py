"""SegNeXt's training step, ours against upstream mmsegmentation's: images per second and peak memory, as a table.

    python benchmarks/training.py                                          # MSCAN-B, batch 16, 512x512, on a GPU
    python benchmarks/training.py --size tiny
    python benchmarks/training.py --device cpu --size tiny --batch 2 --shape 128 128 --rounds 3

A step is forward, cross entropy at the labels' size, backward, AdamW. All sides have the same weights, images and
labels and take turns in one process; a ratio is the median over the rounds. Batches are on the device already: how
fast they come there is what data_loading.py measures. Before anything is timed, the first loss of every side is
compared with upstream's.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from inference import build, hardware
from torch import Tensor, nn

from mmseg_facenext.analysis.timing import compare
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.errors import UserError

UPSTREAM = 'upstream float32 (published setting)'
TOLERANCE = {torch.float32: 0.02, torch.bfloat16: 0.1}  # of the first loss; TF32 products and dropout aside
GOALS = (
    'Goals on one GPU, batch 16: 3x the published setting, 2x upstream bf16, 1.3x upstream bf16 compiled '
    "channels_last; half of the published setting's memory."
)


class Side:
    """One way to train: its network, optimizer and precision.

    Args:
        network: backbone and head; it is trained in place.
        dtype: of the autocast; float32 is none.
        compiled: whether torch.compile is used.
        channels_last: the layout of images and weights.
    """

    def __init__(
        self,
        network: nn.Module,
        dtype: torch.dtype,
        compiled: bool,
        channels_last: bool,
        fused: bool,
        device: str,
    ):
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.network = network.train().to(device=device, memory_format=layout)
        for module in self.network.modules():
            if isinstance(module, nn.Dropout | nn.Dropout2d):
                module.p = 0.0  # the first losses are to be comparable
        self.forward = torch.compile(self.network) if compiled else self.network
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=6e-5, weight_decay=0.01, fused=fused or None
        )
        self.layout, self.dtype = layout, dtype

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return the loss before the update, as a scalar on the device."""
        loss = loss_of(self.forward, images.to(memory_format=self.layout), labels, self.dtype)
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


def sides(args: argparse.Namespace) -> dict[str, Callable[[], Side]]:
    """Name to a function that builds the side; one network is on the device at a time while memory is measured."""

    def make(ours: bool, dtype: torch.dtype, compiled: bool = False, channels_last: bool = False) -> Side:
        networks = build(args.size, args.shape, 1, 'cpu')
        network = networks.ours if ours else networks.upstream
        return Side(without_drop_path(network), dtype, compiled, channels_last, ours, args.device)

    bf16 = torch.bfloat16
    return {
        UPSTREAM: partial(make, False, torch.float32),
        'upstream bf16': partial(make, False, bf16),
        'upstream bf16 compiled channels_last': partial(make, False, bf16, compiled=True, channels_last=True),
        'ours float32': partial(make, True, torch.float32),
        'ours bf16': partial(make, True, bf16),
        'ours bf16 compiled': partial(make, True, bf16, compiled=True),
        'ours bf16 compiled channels_last': partial(make, True, bf16, compiled=True, channels_last=True),
    }


def without_drop_path(network: nn.Module) -> nn.Module:
    """Random depth would give every side another loss."""
    for module in network.modules():
        if hasattr(module, 'drop_prob'):
            module.drop_prob = 0.0
    return network


def peak_gigabytes(make: Callable[[], Side], images: Tensor, labels: Tensor) -> float:
    """Of the GPU, over three steps with only this side in memory."""
    side = make()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    for _ in range(3):
        side.step(images, labels)
    return torch.cuda.max_memory_allocated() / 1e9


def add_step_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--size', choices=('tiny', 'small', 'base', 'large'), default='base', help='default %(default)s'
    )
    parser.add_argument(
        '--shape',
        type=at_least_one,
        nargs=2,
        default=[512, 512],
        metavar=('HEIGHT', 'WIDTH'),
        help='default 512 512',
    )
    parser.add_argument('--batch', type=at_least_one, default=16, help='images, default %(default)s')


def step_of(args: argparse.Namespace) -> str:
    """Return what `add_step_arguments` chose, as the title of a table."""
    return f'MSCAN-{args.size[0].upper()}, batch {args.batch}, {args.shape[0]}x{args.shape[1]}'


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_step_arguments(parser)
    parser.add_argument('--device', choices=('cuda', 'cpu'), default='cuda', help='default %(default)s')
    parser.add_argument('--rounds', type=at_least_one, default=10, help='default %(default)s')
    parser.add_argument('--sides', nargs='+', metavar='SIDE', help=f'the first and: {", ".join(sides(None))}')
    args = parser.parse_args(argv)
    if unknown := set(args.sides or ()) - set(sides(args)):
        parser.error(f'unknown sides {", ".join(sorted(unknown))}; choose from {", ".join(sides(args))}')
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise UserError('no GPU here; --device cpu runs the same on the processor')
    return args


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(0)
    images = torch.randn(args.batch, 3, *args.shape, device=args.device)
    labels = torch.randint(0, 19, (args.batch, *args.shape), device=args.device)
    wanted = {
        name: make
        for name, make in sides(args).items()
        if name == UPSTREAM or name in (args.sides or sides(args))
    }
    gpu = args.device == 'cuda'
    memory = {
        name: peak_gigabytes(make, images, labels) if gpu else float('nan') for name, make in wanted.items()
    }
    built = {name: make() for name, make in wanted.items()}
    check(built, images, labels)
    times = compare(
        {name: partial(side.step, images, labels) for name, side in built.items()},
        repeats=args.rounds,
        warmup=3,
    )
    print(f'{step_of(args)}; {hardware(args.device, "precision as named")}\n')
    print(
        '| side | images per second | speed over the first | peak memory, GB | of the first |\n|---|---|---|---|---|'
    )
    for name, timing in times.items():
        share = f'{memory[name]:.1f} | {memory[name] / memory[UPSTREAM]:.2f}' if gpu else '- | -'
        print(f'| {name} | {args.batch / timing.median:.1f} | {times.ratio(UPSTREAM, name):.2f}x | {share} |')
    print(f'\n{GOALS}')


def check(built: dict[str, Side], images: Tensor, labels: Tensor) -> None:
    """The first losses agree; the factorisation starts from a random basis, the same for all.

    Raises:
        UserError: they do not.
    """
    losses = {}
    for name, side in built.items():
        torch.manual_seed(1)
        losses[name] = side.step(images, labels).item()
    for name, loss in losses.items():
        allowed = TOLERANCE[built[name].dtype] * losses[UPSTREAM]
        if abs(loss - losses[UPSTREAM]) > allowed:
            raise UserError(
                f'{name}: first loss {loss:.4f}, upstream has {losses[UPSTREAM]:.4f}: not the same network'
            )


if __name__ == '__main__':
    run_tool(main)
