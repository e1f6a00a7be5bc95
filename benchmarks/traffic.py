"""What a training step of SegNeXt moves to and from memory, and what it keeps there: counted, on any machine.

    python benchmarks/traffic.py                                # MSCAN-B, batch 16, 512x512
    python benchmarks/traffic.py --size tiny --items 20

Forward, cross entropy and backward run on tensors that have shapes and types but no values. Every operator is charged
with the bytes of its inputs and outputs, views aside, and an operator of this package like one of PyTorch's; a tensor
takes memory for as long as something refers to it. Types are those of autocast on a GPU.

Bytes over the bandwidth of a GPU are a floor of the time in eager mode. What caches save, the workspaces of cuDNN and
how far a kernel stays behind the bandwidth are not in them: how fast a step is, training.py measures on a GPU. AdamW
is not in them either; its fused step moves 28 bytes per parameter, its moments take 8.
"""

from __future__ import annotations

import argparse
import copy
import os
import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

os.environ['TRITON_INTERPRET'] = '1'  # lets the kernels be chosen without a GPU; read when they are imported

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.errors import UserError
from mmseg_facenext.models.kernels.choice import SWITCH, runs_on

from inference import add_size_arguments, build  # isort: skip, the package imports mmseg without its remarks
from training import UPSTREAM, loss_of, title  # isort: skip


@dataclass(frozen=True)
class Side:
    """One way to train, see training.py."""

    ours: bool
    dtype: torch.dtype
    kernels: bool = False


SIDES = {
    UPSTREAM: Side(ours=False, dtype=torch.float32),
    'upstream bf16': Side(ours=False, dtype=torch.bfloat16),
    'ours bf16 without kernels': Side(ours=True, dtype=torch.bfloat16),
    'ours bf16': Side(ours=True, dtype=torch.bfloat16, kernels=True),
}


class Traffic(TorchDispatchMode):
    """Counts the operators that run inside it.

    Attributes:
        moved: bytes by operator and the type of its largest tensor; of convolutions, by kernel size, too.
        calls: how often each of them ran.
        peak: bytes of all tensors that lived at the same time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.moved: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.peak = 0
        self._alive: dict[int, int] = {}  # id of a storage to its bytes
        self._total = 0

    def hold(self, tensors: Iterable[Tensor]) -> None:
        """Count them as memory until their storages go."""
        for storage in (tensor.untyped_storage() for tensor in tensors):
            if id(storage) not in self._alive:
                self._alive[id(storage)] = storage.nbytes()
                self._total += storage.nbytes()
                weakref.finalize(storage, self._release, id(storage))
        self.peak = max(self.peak, self._total)

    def _release(self, storage: int) -> None:
        self._total -= self._alive.pop(storage)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        outs, ins = _tensors(out), _tensors((args, kwargs))
        self.hold(outs)
        if not _is_free(func, ins, outs):
            name = _describe(func, args, max((*ins, *outs), key=lambda tensor: tensor.nbytes))
            self.moved[name] += sum(tensor.nbytes for tensor in (*ins, *outs))
            self.calls[name] += 1
        return out


class AutocastOfGPU(TorchFunctionMode):
    """Norms take float32, as under autocast on a GPU; on a CPU they would stay in bf16."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in (F.layer_norm, F.group_norm):
            args = (args[0].float(), *args[1:])
        return func(*args, **(kwargs or {}))


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _is_free(func: torch._ops.OpOverload, ins: list[Tensor], outs: list[Tensor]) -> bool:
    """Views, questions about a tensor, and memory that nobody has written to."""
    if func._schema.is_mutable:
        return False
    given = {id(tensor.untyped_storage()) for tensor in ins}
    return 'empty' in func.overloadpacket.__name__ or all(id(out.untyped_storage()) in given for out in outs)


def _describe(func: torch._ops.OpOverload, args: tuple, largest: Tensor) -> str:
    name = str(func.overloadpacket).removeprefix('aten.')
    if 'convolution' in name:
        weight = args[[argument.name for argument in func._schema.arguments].index('weight')]
        depthwise = 'depthwise ' if weight.shape[1] == 1 < weight.shape[0] else ''
        name += f' {depthwise}{weight.shape[2]}x{weight.shape[3]}'
    return f'{name}, {str(largest.dtype).removeprefix("torch.")}'


@dataclass(frozen=True)
class Step:
    """Bytes of one training step.

    Attributes:
        forward: moved before the backward pass.
        all: moved, until its end.
        peak: of memory.
        moved, calls: by operator, see `Traffic`.
    """

    forward: int
    all: int
    peak: int
    moved: Counter[str]
    calls: Counter[str]


def count(network: nn.Module, side: Side, batch: int, shape: Sequence[int]) -> Step:
    """Return one step of a network on the meta device, which stays as it is.

    Raises:
        UserError: the side has kernels and Triton is not there.
    """
    if side.kernels and not runs_on(torch.device('cpu')):
        raise UserError('Triton is not installed: without it there are no kernels to count')
    os.environ[SWITCH] = 'on' if side.kernels else 'off'
    network = copy.deepcopy(network).train()
    with FakeTensorMode(allow_non_fake_inputs=True):
        network.to_empty(device='cpu')
        images = torch.empty(batch, 3, *shape)
        labels = torch.empty(batch, *shape, dtype=torch.long)
        traffic = Traffic()
        traffic.hold((*network.parameters(), *network.buffers(), images, labels))
        with traffic:
            with AutocastOfGPU():
                loss = loss_of(network, images, labels, side.dtype)
            forward = traffic.moved.total()
            loss.backward()
    return Step(forward, traffic.moved.total(), traffic.peak, traffic.moved, traffic.calls)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_size_arguments(parser, 'base', 16)
    parser.add_argument(
        '--items',
        type=at_least_one,
        metavar='N',
        help='the N largest of every side; default 10 of the last side',
    )
    return parser.parse_args(argv)


def print_table(steps: dict[str, Step]) -> None:
    print('| side | GB moved, forward | in all | of the first | peak memory, GB | of the first |')
    print('|---|---|---|---|---|---|')
    first = steps[UPSTREAM]
    for name, step in steps.items():
        print(
            f'| {name} | {step.forward / 1e9:.1f} | {step.all / 1e9:.1f} | {step.all / first.all:.2f} '
            f'| {step.peak / 1e9:.1f} | {step.peak / first.peak:.2f} |'
        )


def print_items(name: str, step: Step, items: int) -> None:
    print(f'\n| {name}: operator, type | calls | GB |\n|---|---|---|')
    for operator, moved in step.moved.most_common(items):
        print(f'| {operator} | {step.calls[operator]} | {moved / 1e9:.2f} |')


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    size, batch = args.size[0], args.batch[0]
    networks = build(size, [32, 32], 1, 'meta')
    steps = {}
    for name, side in SIDES.items():
        network = networks.ours if side.ours else networks.upstream
        steps[name] = count(network, side, batch, args.shape)
    print(f'{title(size, batch, args)}; counted, not timed; torch {torch.__version__}\n')
    print_table(steps)
    for name in SIDES if args.items else list(SIDES)[-1:]:
        print_items(name, steps[name], args.items or 10)


if __name__ == '__main__':
    run_tool(main)
