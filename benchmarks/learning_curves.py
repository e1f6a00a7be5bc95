"""Whether speed costs learning: the fast way of training against the plain one, on drawn faces, with several seeds.

    python benchmarks/learning_curves.py --out benchmarks/learning_curves.png
    python benchmarks/learning_curves.py --iterations 60 --seeds 0          # a quick look

Both ways train the quickstart's network with the same seed, hence the same weights, order and augmentations. Plain:
float32, JPEGs decoded in full in every epoch, losses read in every iteration, AdamW one parameter at a time. Fast:
bf16 autocast, pixels and labels prepared once, losses read when logged, fused AdamW, and on a GPU torch.compile
and the fused kernels where they are faster.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config

from mmseg_facenext.analysis.timing import hardware
from mmseg_facenext.analysis.training_logs import TrainingHistory, read_history
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.synthetic.faces import write_celebamask_tree
from mmseg_facenext.visualization.figure import LIGHT_BLUE, LINES, new_figure, save_figure, style_axis

QUICKSTART = 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'
ROOT = Path(__file__).parents[1]
WAYS = ('plain', 'fast')
STROKES = {  # a thin line on a broad one, as both lie in one place
    'plain': dict(color=LIGHT_BLUE, linewidth=4.0),
    'fast': dict(color=LINES[0], linewidth=1.1),
}


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', default='benchmarks/learning_curves.png', help='default %(default)s')
    parser.add_argument('--iterations', type=at_least_one, default=400, help='default %(default)s')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2], help='default 0 1 2')
    parser.add_argument(
        '--faces', type=at_least_one, default=280, help='of them 40 held out; default %(default)s'
    )
    return parser.parse_args(argv)


def config_of(way: str, faces: Path, work_dir: Path, iterations: int) -> Config:
    cfg = load_config(
        str(ROOT / QUICKSTART),
        {
            'work_dir': str(work_dir),
            'train_dataloader.dataset.data_root': str(faces),
            'train_dataloader.batch_size': 8,
            'val_dataloader.dataset.data_root': str(faces),
            'train_cfg.max_iters': iterations,
            'train_cfg.val_interval': max(1, iterations // 4),
            'param_scheduler.1.end': iterations + 1,
            'default_hooks.logger.interval': max(1, iterations // 40),
            'default_hooks.checkpoint.interval': iterations,
            'default_hooks.runtime_info.type': 'RuntimeInfoHook' if way == 'plain' else 'LossReadingHook',
            'optim_wrapper.optimizer.fused': way == 'fast',
        },
    )
    if way == 'plain':
        cfg.optim_wrapper.optimizer.foreach = False
    else:
        load = cfg.train_dataloader.dataset.pipeline
        once = dict(type='PrepareOnce', steps=load[:3], folder=str(faces / 'prepared'))
        cfg.train_dataloader.dataset.pipeline = [once, *load[3:]]
    return cfg


def learn(way: str, seed: int, faces: Path, work_dir: Path, iterations: int) -> TrainingHistory:
    fast = way == 'fast'
    compile = fast and torch.cuda.is_available()
    cfg = config_of(way, faces, work_dir, iterations)
    train(cfg, seed=seed, amp='bf16' if fast else None, compile=compile)
    return read_history(work_dir)


def draw(histories: dict[tuple[str, int], TrainingHistory], out: str) -> None:
    figure = new_figure(10, 4)
    in_order = sorted(histories.items(), key=lambda item: WAYS.index(item[0][0]))
    for axis, title, name in zip(
        figure.subplots(1, 2), ('loss', 'mIoU of held-out faces'), ('loss', 'mIoU'), strict=True
    ):
        for (way, seed), history in in_order:
            label = way if seed == min(s for _, s in histories) else None
            axis.plot(*history.curve(name), **STROKES[way], label=label)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel('iteration')
        style_axis(axis)
        axis.legend(frameon=False, fontsize=9)
    save_figure(figure, out)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        faces = Path(scratch, 'faces')
        write_celebamask_tree(faces, count=args.faces, val_count=40, image_size=256)
        histories = {
            (way, seed): learn(way, seed, faces, Path(scratch, f'{way}-{seed}'), args.iterations)
            for seed in args.seeds
            for way in WAYS
        }
    draw(histories, args.out)
    print(f'\n{args.iterations} iterations of 8 faces; {hardware(precision="float32 and bf16")}\n')
    print('| way | final mIoU by seed | mean | standard deviation |\n|---|---|---|---|')
    for way in WAYS:
        scores = [histories[way, seed].curve('mIoU')[1][-1] for seed in args.seeds]
        listed = ', '.join(f'{score:.2f}' for score in scores)
        print(f'| {way} | {listed} | {np.mean(scores):.2f} | {np.std(scores):.2f} |')
    print(f'\nPicture: {args.out}')


if __name__ == '__main__':
    run_tool(main)
