"""SegNeXt's forward pass, ours against upstream mmsegmentation's, as a table in Markdown.

    python benchmarks/inference.py                                  # MSCAN-T, 1x3x512x512, two CPU threads
    python benchmarks/inference.py --size base --sides eager eager-bf16
    python benchmarks/inference.py --device cuda --batch 32

Every side has the same weights, the same start of the factorisation and the same image; all of them take turns in
one process, and a ratio is the median over the rounds. Before anything is timed, each side's labels and logits are
compared with upstream's. Weights are random, with statistics as training leaves them: speed does not depend on them.
Image to logits at 1/8 of its size; resizing them to the photo belongs to no side. Variables of glibc's
malloc hold for all sides and are named in the table's heading.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.models.decode_heads.ham_head import LightHamHead as UpstreamLightHamHead
from torch import Tensor, nn

import mmseg_facenext.register
from mmseg_facenext.analysis.timing import Comparison, compare, hardware
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.deploy.writing import write_onnx, write_openvino
from mmseg_facenext.errors import UserError
from mmseg_facenext.models import MSCAN, LightHamHead, fuse
from mmseg_facenext.runtimes import Metadata, ResizeRule, load_runtime
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

ROOT = Path(__file__).parents[1]
CONFIG = 'local_configs/segnext/{0}/segnext.{0}.512x512.celebamaskhq.160k.py'
MEAN, STD = 127.5, 64.0
UPSTREAM = 'upstream-eager'
LEAST_AGREEMENT = {'float32': 0.9999, 'bf16': 0.95}
CPU_SIDES = ('eager', 'eager-bf16', 'compiled', 'compiled-bf16', 'onnx', 'openvino', 'openvino-bf16')
GPU_SIDES = ('eager-bf16', 'compiled-bf16', 'graphs-bf16')
RUNTIMES = {'onnxruntime': 'onnx', 'openvino': 'openvino'}
OTHER_SIDES = ('upstream-compiled', 'not-fused')


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
    parser.add_argument(
        '--size', choices=('tiny', 'small', 'base', 'large'), default='tiny', help='default %(default)s'
    )
    parser.add_argument(
        '--shape', type=int, nargs=2, default=[512, 512], metavar=('HEIGHT', 'WIDTH'), help='default 512 512'
    )
    parser.add_argument('--batch', type=int, default=1, help='images, default %(default)s')
    parser.add_argument('--device', default='cpu', help='cpu or cuda, default %(default)s')
    parser.add_argument('--threads', type=int, default=2, help='of the CPU, default %(default)s')
    parser.add_argument(
        '--sides',
        nargs='+',
        choices=dict.fromkeys((*CPU_SIDES, *GPU_SIDES, *OTHER_SIDES)),
        metavar='SIDE',
        help=f'on a CPU {", ".join(CPU_SIDES)}; on a GPU {", ".join(GPU_SIDES)}; or {", ".join(OTHER_SIDES)}',
    )
    parser.add_argument('--rounds', type=int, default=15, help='default %(default)s')
    args = parser.parse_args(argv)
    if min(args.batch, args.threads, args.rounds, *args.shape) < 1:
        parser.error('--batch, --threads, --rounds and --shape must be at least 1')
    return args


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


def runnable(name: str, networks: Networks, folder: Path, threads: int) -> Callable[[], Any]:
    """Return what is timed: a call that gives the logits (B, C, H/8, W/8), a tensor or an array.

    Raises:
        UserError: a package is missing, or the processor lacks the precision.
    """
    kind, precision = name.removesuffix('-bf16'), precision_of(name)
    if kind in ('onnx', 'openvino'):
        return exported(kind, precision, networks, folder, threads)
    if kind.startswith('upstream'):
        model, image = networks.upstream, networks.image
    elif kind == 'not-fused':
        model, image = networks.ours, networks.image
    else:
        dtype = torch.bfloat16 if precision == 'bf16' else torch.float32
        model, image = fuse(networks.ours).to(dtype), networks.image.to(dtype)
    if kind.endswith('compiled'):
        model = torch.compile(model)
    elif kind == 'graphs':
        model = torch.compile(model, mode='reduce-overhead')
    return partial(model, image)


def precision_of(name: str) -> str:
    return 'bf16' if name.endswith('-bf16') else 'float32'


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


def table(times: Comparison, closeness: dict[str, Closeness]) -> str:
    rows = [
        '| side | precision | ms, median (quartiles) | speed | same labels | logits differ by |',
        '|---|---|---|---|---|---|',
    ]
    for name, timing in times.items():
        low, high = (1e3 * quartile for quartile in timing.quartiles)
        close = closeness[name]
        rows.append(
            f'| {name} | {precision_of(name)} | {1e3 * timing.median:.1f} ({low:.1f} to {high:.1f}) '
            f'| {times.ratio(UPSTREAM, name):.2f} | {close.agreement:.3%} | {close.difference:.1g} |'
        )
    return '\n'.join(rows)


def heading(args: argparse.Namespace, sides: Sequence[str]) -> str:
    """Return what was run, on what, by which versions."""
    height, width = args.shape
    packages = ['onedl-mmsegmentation']
    packages += [name for name, kind in RUNTIMES.items() if any(side.startswith(kind) for side in sides)]
    parts = [
        f'SegNeXt {args.size}, {args.batch}x3x{height}x{width}, {args.rounds} rounds',
        hardware(args.device, 'precision as named'),
        *(f'{package} {version(package)}' for package in packages),
        *(
            f'{name}={value}'
            for name, value in os.environ.items()
            if name.startswith(('MALLOC_', 'GLIBC_TUNABLES'))
        ),
    ]
    return ', '.join(parts)


@torch.no_grad()
def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    if args.device.startswith('cuda') and not torch.cuda.is_available():
        raise UserError('there is no GPU that torch can use: leave --device out')
    torch.set_num_threads(args.threads)
    sides = (UPSTREAM, *(args.sides or (CPU_SIDES if args.device == 'cpu' else GPU_SIDES)))
    networks = build(args.size, args.shape, args.batch, args.device)
    reference = networks.upstream(networks.image)
    with tempfile.TemporaryDirectory() as folder:
        runs = {}
        for name in sides:
            try:
                runs[name] = runnable(name, networks, Path(folder), args.threads)
            except UserError as error:  # the processor lacks the precision, or a package is missing
                print(f'{name} is left out: {error}', file=sys.stderr)
        closeness = {name: Closeness.of(run(), reference) for name, run in runs.items()}
        for name, close in closeness.items():
            least = LEAST_AGREEMENT[precision_of(name)]
            if close.agreement < least:
                raise UserError(
                    f'{name}: {close.agreement:.3%} of the labels are those of upstream, not {least:.2%}'
                )
        times = compare(runs, args.rounds)
    print(heading(args, tuple(runs)), table(times, closeness), sep='\n\n')


if __name__ == '__main__':
    run_tool(main)
