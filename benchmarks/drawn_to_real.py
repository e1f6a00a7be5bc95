"""What carries a network from drawn faces to photos: the recipe against the recipe without each of its groups.

    python benchmarks/drawn_to_real.py work_dirs/drawn_to_real --real DATA_ROOT
    python benchmarks/drawn_to_real.py work_dirs/drawn_to_real --real DATA_ROOT --rows all no-styles --seeds 0 1 2

Trains the quarter-of-an-hour recipe for each row and seed, scores it on drawn faces of another seed and on photos
(DATA_ROOT as for benchmarks/real_faces.py), and prints a table in Markdown. What is in the folder is not trained again,
so that it can be stopped and called again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from mmengine.config import Config
from real_faces import score_photos

from mmseg_facenext.analysis.timing import hardware
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.inference import FaceParser

RECIPE = 'efficientnet_lite0.128x128.drawnfaces.strong'
# row -> steps of the pipeline and hooks that are left out
WITHOUT: dict[str, tuple[str, ...]] = {
    'all': (),
    'no-geometry': ('FaceWarp',),
    'no-colours': ('PhotoCurves',),
    'no-styles': ('BorrowedStyle', 'MixStyleHook'),
    'no-occluders': ('FaceOccluders',),
    'no-camera': ('PhotoTransforms',),
    'no-imagenet': (),
}


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', help='for weights, scores and drawn faces')
    parser.add_argument('--real', required=True, metavar='DATA_ROOT')
    parser.add_argument('--rows', nargs='+', choices=WITHOUT, default=list(WITHOUT))
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1])
    parser.add_argument(
        '--iterations', type=at_least_one, default=300, help='of 8 faces; default %(default)s'
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    folder = Path(args.folder)
    print(f'{hardware("cpu")}; {args.iterations} iterations of 8 faces\n')
    print('| row | drawn mIoU | real mIoU | real F1 without background | seeds |\n|---|---|---|---|---|')
    for row in args.rows:
        scores = [score_of(row, seed, folder, args) for seed in args.seeds]
        cells = (span([each[name] for each in scores]) for name in ('drawn', 'real', 'real_f1'))
        print(f'| {row} | {" | ".join(cells)} | {len(scores)} |', flush=True)


def span(values: Sequence[float]) -> str:
    """Mean, and the range where there are several."""
    text = f'{mean(values):.1f}'
    return text if len(values) == 1 else f'{text} ({min(values):.1f} to {max(values):.1f})'


def score_of(row: str, seed: int, folder: Path, args: argparse.Namespace) -> dict[str, float]:
    work_dir = folder / f'{row}_{seed}_{args.iterations}'
    kept = work_dir / 'scores.json'
    if kept.exists():
        return json.loads(kept.read_text())
    cfg = config_of(row, folder, work_dir, args.iterations)
    runner = train(cfg, seed=seed)
    drawn = runner.message_hub.get_scalar('val/mIoU').current()
    checkpoint = work_dir / f'iter_{args.iterations}.pth'
    summary, _ = score_photos(FaceParser(cfg, checkpoint, 'cpu'), Path(args.real))
    scores = {
        'drawn': float(drawn),
        'real': 100 * summary.scores.mean('iou'),
        'real_f1': 100 * summary.scores.mean('f1', foreground=True),
    }
    kept.write_text(json.dumps(scores))
    return scores


def config_of(row: str, folder: Path, work_dir: Path, iterations: int) -> Config:
    options: dict[str, Any] = {
        'work_dir': str(work_dir),
        'train_dataloader.dataset.cache_dir': str(folder / 'faces'),
        'train_cfg.max_iters': iterations,
        'train_cfg.val_interval': iterations,
        'default_hooks.checkpoint.interval': iterations,
    }
    cfg = load_config(RECIPE, options)
    cfg.param_scheduler[-1].end = iterations + 1
    left_out = WITHOUT[row]
    pipeline = cfg.train_dataloader.dataset.pipeline
    kept = [step for step in pipeline if step.type not in left_out]
    if 'FaceWarp' in left_out:
        resize = dict(type='FaceResize', scale=cfg.scale, keep_ratio=False)
        kept.insert(1, resize)
    cfg.train_dataloader.dataset.pipeline = kept
    cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type not in left_out]
    if row == 'no-imagenet':
        cfg.model.backbone.update(init_cfg=None, frozen_stages=0, norm_eval=False)
        cfg.optim_wrapper.paramwise_cfg.custom_keys = {}
    return cfg


if __name__ == '__main__':
    run_tool(main)
