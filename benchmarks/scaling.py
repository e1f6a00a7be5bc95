"""What a forward pass costs as photos get larger or more: processor time and peak memory, as a picture.

    python benchmarks/scaling.py --out docs/scaling.png             # the fused SegNeXt-T, two threads

Each point is a fresh process. Time is that of all its threads together, the least of some calls; memory is what the
calls add to a process that holds the network. Both should be linear in the number of pixels.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mmseg_facenext.analysis.timing import hardware
from mmseg_facenext.cli.run import ArgumentParser, ignore_remarks, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.inference.results.saving import check_picture
from mmseg_facenext.models import fuse
from mmseg_facenext.visualization.figure import INK, LINES, new_figure, save_figure, style_axis

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / 'local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py'
MIB = 2**20
MAXRSS_UNIT = 1 if sys.platform == 'darwin' else 1024


@dataclass(frozen=True)
class Cost:
    """Of `batch` images of `side` x `side` pixels: processor seconds and bytes."""

    side: int
    batch: int
    seconds: float
    memory: int

    @property
    def megapixels(self) -> float:
        return self.batch * self.side**2 / 1e6


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--config', default=str(CONFIG), help=f'default {CONFIG.stem}')
    parser.add_argument(
        '--sides', type=int, nargs='+', default=[256, 512, 1024, 1536, 2048], help='default %(default)s'
    )
    parser.add_argument(
        '--batches',
        type=int,
        nargs='+',
        default=[1, 2, 4, 8],
        help='numbers of 512x512 images, default %(default)s',
    )
    parser.add_argument('--threads', type=int, default=2, help='of the CPU, default %(default)s')
    parser.add_argument('--calls', type=int, default=3, help='of each point, default %(default)s')
    parser.add_argument('--out', default='scaling.png', help='picture to write, default %(default)s')
    args = parser.parse_args(argv)
    if min(*args.sides, *args.batches, args.threads, args.calls) < 1:
        parser.error('--sides, --batches, --threads and --calls must be at least 1')
    return args


@torch.inference_mode()
def measure(config: str, side: int, batch: int, threads: int, calls: int) -> Cost:
    torch.set_num_threads(threads)
    segmentor = fuse(build_segmentor(load_config(config)))
    network = nn.Sequential(segmentor.backbone, segmentor.decode_head)
    network(torch.randn(1, 3, 64, 64))  # what libraries set up once
    image = torch.randn(batch, 3, side, side)
    before, seconds = peak_memory(), []
    for _ in range(calls):
        start = time.process_time()
        network(image)
        seconds.append(time.process_time() - start)
    return Cost(side, batch, min(seconds), peak_memory() - before)


def peak_memory() -> int:
    """Of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def draw(series: dict[str, list[Cost]], title: str, out: str) -> None:
    figure = new_figure(9, 4)
    figure.suptitle(title, color=INK, fontsize=9)
    panels = {
        'processor time (s)': lambda cost: cost.seconds,
        'peak memory (MiB)': lambda cost: cost.memory / MIB,
    }
    for axis, (label, value) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        style_axis(axis)
        for (name, costs), color in zip(series.items(), LINES, strict=False):
            axis.plot([c.megapixels for c in costs], [*map(value, costs)], 'o-', color=color, label=name)
        axis.set(xlabel='megapixels in the batch', ylabel=label, xlim=(0, None), ylim=(0, None))
        axis.legend(frameon=False, fontsize=8)
    save_figure(figure, out)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    check_picture(Path(args.out))
    torch.set_num_threads(args.threads)  # what the title says
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['mmseg_facenext.inference', 'mmseg_facenext.models'])
    wanted = {
        'one image, 256 to 2048 pixels wide': [(side, 1) for side in sorted(args.sides)],
        'several images of 512x512': [(512, batch) for batch in sorted(args.batches)],
    }
    costs: dict[tuple[int, int], Cost] = {}
    with context.Pool(1, initializer=ignore_remarks, maxtasksperchild=1) as fresh_process:
        for point in sorted({point for points in wanted.values() for point in points}):
            costs[point] = cost = fresh_process.apply(
                measure, (args.config, *point, args.threads, args.calls)
            )
            print(
                f'{cost.batch} x {cost.side}x{cost.side}: {cost.seconds:.3f} s, {cost.memory / MIB:.0f} MiB; '
                f'{cost.seconds / cost.megapixels:.3f} s and {cost.memory / MIB / cost.megapixels:.0f} MiB '
                'per megapixel',
                flush=True,
            )
    title = f'{Path(args.config).stem}, fused; {hardware("cpu", "float32")}'
    draw({name: [costs[point] for point in points] for name, points in wanted.items()}, title, args.out)


if __name__ == '__main__':
    run_tool(main)
