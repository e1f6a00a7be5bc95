"""SegNeXt's forward pass, ours against upstream mmsegmentation's, as a table in Markdown.

    python benchmarks/inference.py                                  # MSCAN-T, 1x3x512x512, two CPU threads
    python benchmarks/inference.py --size base --sides 'fused float32' 'fused bf16'
    python benchmarks/inference.py --device cuda --size tiny base --batch 1 32

A side is one network (upstream, ours, fused: ours for inference) or the runtime of an exported one (onnx, openvino),
then float32, bf16 or fp16, then what else holds: `compiled` by torch.compile, `graph`: one CUDA graph, `nchw` or
`channels_last` in place of the usual layout, `kernels`: the Triton kernels. All sides have the same weights, the
same start of the factorisation and the same image and take turns in one process; a ratio is the median over the rounds.
Before anything is timed, the labels of every side are compared with upstream's; a side that fails or differs is named
below the table. Weights are random, with statistics as training leaves them: speed does not depend on them. Image to
logits at 1/8 of its size; resizing them to the photo belongs to no side. Variables of glibc's malloc hold for all sides
and are named in the table's heading.
"""

from __future__ import annotations

import argparse
import copy
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.models.decode_heads.ham_head import LightHamHead as UpstreamLightHamHead
from torch import Tensor, nn

import mmseg_facenext.register
from mmseg_facenext.analysis.timing import Comparison, compare, hardware, wait_for_gpu
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.deploy.writing import write_onnx, write_openvino
from mmseg_facenext.errors import UserError
from mmseg_facenext.models import MSCAN, LightHamHead, fuse
from mmseg_facenext.models.kernels.choice import SWITCH
from mmseg_facenext.runtimes import Metadata, ResizeRule, load_runtime
from mmseg_facenext.taxonomy import CELEBAMASK_HQ
from mmseg_facenext.utils.text_table import text_table

ROOT = Path(__file__).parents[1]
CONFIG = 'local_configs/segnext/{0}/segnext.{0}.512x512.celebamaskhq.160k.py'
MEAN, STD = 127.5, 64.0
UPSTREAM = 'upstream float32'
DTYPES = {'float32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}
LEAST_AGREEMENT = {'float32': 0.9999, 'bf16': 0.95, 'fp16': 0.95}  # share of the pixels with upstream's label
CPU_SIDES = (
    'fused float32',
    'fused bf16',
    'fused float32 compiled',
    'fused bf16 compiled',
    'onnx float32',
    'openvino float32',
    'openvino bf16',
)
GPU_SIDES = (
    'fused bf16',
    'fused bf16 nchw',
    'fused bf16 graph',
    'fused bf16 graph nchw',
    'fused fp16 graph',
    'fused bf16 graph nchw kernels',
    'fused bf16 compiled graph',
)
RUNTIMES = {'onnxruntime': 'onnx', 'openvino': 'openvino'}
NETWORKS = ('upstream', 'ours', 'fused')
OPTIONS = ('compiled', 'graph', 'nchw', 'channels_last', 'kernels')


@dataclass(frozen=True)
class Networks:
    """The same SegNeXt twice, and what both are to look at.

    Attributes:
        photos: RGB uint8 (B, H, W, 3).
        image: (B, 3, H, W), float32, the same normalised.
    """

    upstream: nn.Module
    ours: nn.Module
    photos: np.ndarray
    image: Tensor


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_size_arguments(parser, 'tiny', 1)
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu', help='default %(default)s')
    parser.add_argument('--threads', type=at_least_one, default=2, help='of the CPU, default %(default)s')
    parser.add_argument(
        '--sides',
        nargs='+',
        type=side_of((*NETWORKS, *RUNTIMES.values()), OPTIONS),
        metavar='SIDE',
        help=f'on a CPU {", ".join(CPU_SIDES)}; on a GPU {", ".join(GPU_SIDES)}',
    )
    parser.add_argument('--rounds', type=at_least_one, default=15, help='default %(default)s')
    args = parser.parse_args(argv)
    args.sides = args.sides or (CPU_SIDES if args.device == 'cpu' else GPU_SIDES)
    return args


def add_size_arguments(parser: argparse.ArgumentParser, size: str, batch: int) -> None:
    sizes = ('tiny', 'small', 'base', 'large')
    parser.add_argument(
        '--size', choices=sizes, nargs='+', default=[size], help=f'one table each; default {size}'
    )
    parser.add_argument(
        '--shape',
        type=at_least_one,
        nargs=2,
        default=[512, 512],
        metavar=('HEIGHT', 'WIDTH'),
        help='default 512 512',
    )
    parser.add_argument(
        '--batch',
        type=at_least_one,
        nargs='+',
        default=[batch],
        help=f'images, one table each; default {batch}',
    )
    parser.add_argument(
        '--operators', type=int, default=0, metavar='N', help='of each side, show the N that take longest'
    )


def side_of(kinds: Sequence[str], options: Sequence[str]) -> Callable[[str], str]:
    """Return a function that checks the words of a side: one of `kinds`, a type, any of `options`."""

    def checked(text: str) -> str:
        words = text.split()
        if len(words) < 2 or words[0] not in kinds or words[1] not in DTYPES or set(words[2:]) - set(options):
            raise argparse.ArgumentTypeError(
                f'{text!r}: expected one of {", ".join(kinds)}, then one of {", ".join(DTYPES)}, then any of '
                f'{", ".join(options)}'
            )
        return text

    return checked


def build(size: str, shape: Sequence[int], batch: int, device: str) -> Networks:
    torch.manual_seed(0)
    model = load_config(str(ROOT / CONFIG.format(size))).model
    backbone = {key: value for key, value in model.backbone.items() if key not in ('type', 'init_cfg')}
    head = {key: value for key, value in model.decode_head.items() if key != 'type'}
    ours = nn.Sequential(MSCAN(**backbone), LightHamHead(**head))
    upstream = nn.Sequential(UpstreamMSCAN(**backbone), UpstreamLightHamHead(**head))
    for module in ours.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    for name, parameter in ours.named_parameters():
        if 'layer_scale' in name:
            nn.init.uniform_(parameter, 0.05, 0.5)
    upstream.load_state_dict(ours.state_dict())
    # Upstream draws its start anew in every call, which takes time and gives other logits.
    start = upstream[1].hamburger.ham
    start.rand_init = False
    start.register_buffer('bases', ours[1].hamburger.ham.fixed_bases.clone())
    photos = np.random.default_rng(0).integers(0, 256, (batch, *shape, 3), np.uint8)
    image = (torch.from_numpy(photos).permute(0, 3, 1, 2).float().contiguous() - MEAN) / STD
    return Networks(upstream.eval().to(device), ours.eval().to(device), photos, image.to(device))


class Normalised(nn.Module):
    """The network as a file holds it, which takes photos: RGB uint8 (B, H, W, 3)."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Tensor:
        return self.network((photos.permute(0, 3, 1, 2).float() - MEAN) / STD)


def exported(kind: str, precision: str, networks: Networks, folder: Path, threads: int) -> Callable[[], Any]:
    height, width = networks.photos.shape[1:3]
    metadata = Metadata(
        mmseg_facenext.__version__, CELEBAMASK_HQ, ResizeRule((width, height)), (MEAN,) * 3, (STD,) * 3
    )
    onnx, xml = folder / 'network.onnx', folder / 'network.xml'
    if not onnx.exists():
        write_onnx(Normalised(fuse(networks.ours)), metadata, onnx, dynamic=False)
    if kind == 'openvino' and not xml.exists():
        write_openvino(onnx, metadata, xml)
    return partial(load_runtime(xml if kind == 'openvino' else onnx, threads, precision), networks.photos)


def runnable(side: str, networks: Networks, folder: Path, threads: int) -> Callable[[], Any]:
    """Return what is timed: a call that gives the logits (B, C, H/8, W/8), a tensor or an array.

    Raises:
        UserError: a package is missing, or the processor lacks the precision.
    """
    kind, precision, *options = side.split()
    if kind in RUNTIMES.values():
        return exported(kind, precision, networks, folder, threads)
    network = networks.upstream if kind == 'upstream' else networks.ours
    network = fuse(network) if kind == 'fused' else copy.deepcopy(network)
    network = in_layout(network, options).to(DTYPES[precision])
    run = partial(
        torch.compile(network) if 'compiled' in options else network, networks.image.to(DTYPES[precision])
    )
    run = with_switch(run, 'kernels' in options)
    return captured(run) if 'graph' in options else run


def in_layout(network: nn.Module, options: Sequence[str]) -> nn.Module:
    """Change the layout of the weights, which that of the maps follows."""
    layouts = {'nchw': torch.contiguous_format, 'channels_last': torch.channels_last}
    for layout in (layouts[word] for word in options if word in layouts):
        network = network.to(memory_format=layout)
    return network


def with_switch(run: Callable[..., Any], kernels: bool) -> Callable[..., Any]:
    """`run` with the Triton kernels or without them."""

    def switched(*args: Any) -> Any:
        os.environ[SWITCH] = 'on' if kernels else 'off'
        return run(*args)

    return switched


def captured(run: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """Return a function that replays all that `run` starts on the GPU as one CUDA graph.

    Raises:
        UserError: there is no GPU.
    """
    if not torch.cuda.is_available():
        raise UserError('CUDA graphs need a GPU')
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # lets cuDNN choose
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = run()

    def replay() -> Tensor:
        graph.replay()
        return logits

    return replay


@dataclass(frozen=True)
class Closeness:
    """How far a side is from upstream: share of pixels with the same label, and largest difference of logits."""

    agreement: float
    difference: float

    @classmethod
    def of(cls, logits: Tensor | np.ndarray, reference: Tensor) -> Closeness:
        logits = torch.as_tensor(logits).float().to(reference.device)
        same = (logits.argmax(1) == reference.argmax(1)).float().mean()
        return cls(float(same), float((logits - reference).abs().max()))

    def check(self, least: float) -> None:
        """Raises:
        UserError: fewer labels agree.
        """
        if self.agreement < least:
            raise UserError(f'{self.agreement:.3%} of the labels are those of upstream, not {least:.2%}')


def table(times: Comparison, closeness: dict[str, Closeness]) -> str:
    rows = []
    for name, timing in times.items():
        low, high = (1e3 * quartile for quartile in timing.quartiles)
        close = closeness[name]
        rows.append(
            [
                name,
                f'{1e3 * timing.median:.2f} ({low:.2f} to {high:.2f})',
                f'{times.ratio(UPSTREAM, name):.2f}',
                f'{close.agreement:.3%}',
                f'{close.difference:.1g}',
            ]
        )
    return text_table(['side', 'ms, median (quartiles)', 'speed', 'same labels', 'logits differ by'], rows)


def heading(args: argparse.Namespace, networks: Networks, size: str) -> str:
    """Return what was run, on what, by which versions."""
    batch, height, width = networks.photos.shape[:3]
    packages = [
        'onedl-mmsegmentation',
        *(name for name, kind in RUNTIMES.items() if kind in ' '.join(args.sides)),
    ]
    settings = ('MALLOC_', 'GLIBC_TUNABLES')
    parts = [
        f'SegNeXt {size}, {batch}x3x{height}x{width}, {args.rounds} rounds',
        hardware(args.device, 'precision as named'),
        *(f'{package} {version(package)}' for package in packages),
        *(f'{name}={value}' for name, value in os.environ.items() if name.startswith(settings)),
    ]
    return ', '.join(parts)


def failure(error: Exception) -> str:
    """Return the first line of what a side ended with."""
    return f'{type(error).__name__}: {str(error).strip()}'.splitlines()[0][:300]


def operators(name: str, run: Callable[[], object], number: int) -> str:
    """Return the kernels of a GPU, or the operators of a CPU, in which `run` spends most time, as a table."""
    with torch.profiler.profile() as profile:
        run()
        wait_for_gpu()
    took = {'cpu': 'self_cpu_time_total', 'cuda': 'self_device_time_total'}
    on = 'cuda' if torch.cuda.is_initialized() else 'cpu'
    events = [event for event in profile.key_averages() if event.device_type.name.lower() == on]
    events.sort(key=lambda event: -getattr(event, took[on]))
    rows = [[event.key[:70], str(event.count), f'{getattr(event, took[on]) / 1e3:.3f}'] for event in events]
    return text_table([name, 'calls', 'ms'], rows[:number])


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise UserError('there is no GPU that torch can use: leave --device out')
    torch.set_num_threads(args.threads)
    torch.backends.cudnn.benchmark = True
    for size, batch in product(args.size, args.batch):
        torch.compiler.reset()  # what was compiled for another shape would be compiled for any
        print_table(size, batch, args)


@torch.no_grad()
def print_table(size: str, batch: int, args: argparse.Namespace) -> None:
    networks = build(size, args.shape, batch, args.device)
    reference = networks.upstream(networks.image)
    runs, closeness, failed = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for side in dict.fromkeys((UPSTREAM, *args.sides)):
            try:
                run = runnable(side, networks, Path(folder), args.threads)
                closeness[side] = Closeness.of(run(), reference)
                closeness[side].check(LEAST_AGREEMENT[side.split()[1]])
            except Exception as error:  # the others are worth their times
                failed[side] = failure(error)
            else:
                runs[side] = run
        times = compare(runs, args.rounds)
        print(heading(args, networks, size), table(times, closeness), sep='\n\n')
        for side, why in failed.items():
            print(f'\n{side} failed: {why}')
        for side, run in runs.items() if args.operators else ():
            print('', operators(side, run, args.operators), sep='\n')
        print(flush=True)


if __name__ == '__main__':
    run_tool(main)
