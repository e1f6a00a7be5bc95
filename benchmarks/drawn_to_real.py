"""What carries a network from drawn faces to photos: the recipe without each of its groups, and plainer drawings.

    python benchmarks/drawn_to_real.py work_dirs/drawn_to_real --real DATA_ROOT
    python benchmarks/drawn_to_real.py work_dirs/drawn_to_real --real DATA_ROOT --rows all no-styles --seeds 0 1 2

Trains the quarter-of-an-hour recipe for each row and seed, scores it on drawn faces of another seed and on photos
(DATA_ROOT as for benchmarks/real_faces.py), and prints a table. What is in the folder is not trained again,
so that it can be stopped and called again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from mmengine.config import Config
from real_faces import score_photos

from mmseg_facenext.analysis.timing import hardware
from mmseg_facenext.cli.arguments import at_least_one
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.synthetic.drawing import GROUPS
from mmseg_facenext.utils.cpu_count import usable_cores
from mmseg_facenext.utils.text_table import text_table

DEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'
RECIPE = 'efficientnet_lite0.128x128.drawnfaces.strong'
NARROW = 'segnext.tiny.128x128.syntheticfaces.quickstart'
# row -> steps of the pipeline and hooks that are left out, and groups of the drawing
WITHOUT: dict[str, tuple[str, ...]] = {
    'all': (),
    'no-geometry': ('FaceWarp',),
    'no-colours': ('PhotoCurves',),
    'no-styles': ('BorrowedStyle', 'MixStyleHook'),
    'no-occluders': ('FaceOccluders',),
    'no-camera': ('PhotoTransforms',),
    'no-imagenet': (),
    'narrow-segnext': (),
    'plain-backdrops': ('backdrops',),
    'no-wear': ('glasses', 'hats', 'jewellery'),
    'no-beards-or-make-up': ('beards', 'make-up'),
    'frontal-and-centred': ('framing', 'poses'),
    'alone-and-uncovered': ('company', 'occluders'),
    'even-light': ('light',),
}


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', help='for weights, scores and drawn faces')
    parser.add_argument('--real', required=True, metavar='DATA_ROOT')
    parser.add_argument('--rows', nargs='+', choices=WITHOUT, default=list(WITHOUT))
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1])
    parser.add_argument('--iterations', type=at_least_one, default=300, help='default %(default)s')
    parser.add_argument('--batch', type=at_least_one, default=8, help='faces in each; default %(default)s')
    parser.add_argument(
        '--count', type=at_least_one, default=5000, help='faces to learn from; default %(default)s'
    )
    parser.add_argument('--faces', help='folder of drawn faces; default FOLDER/faces')
    parser.add_argument('--photographs', help='folder of pictures without people, for backgrounds')
    parser.add_argument(
        '--cores', type=at_least_one, default=usable_cores(), help='default: all, %(default)s'
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    folder = Path(args.folder)
    table = []
    for row in args.rows:
        scores = [score_of(row, seed, folder, args) for seed in args.seeds]
        table.append([row, *(span([each[name] for each in scores]) for name in ('drawn', 'real', 'real_f1'))])
        print(*table[-1], flush=True)
    print(
        f'{hardware(DEVICE)}; {args.iterations} iterations of {args.batch}, {args.count} faces, seeds {args.seeds}'
    )
    print(text_table(['row', 'drawn mIoU', 'real mIoU', 'real F1 without background'], table))


def span(values: Sequence[float]) -> str:
    """Mean, and the range where there are several."""
    text = f'{mean(values):.1f}'
    return text if len(values) == 1 else f'{text} ({min(values):.1f} to {max(values):.1f})'


def score_of(row: str, seed: int, folder: Path, args: argparse.Namespace) -> dict[str, float]:
    work_dir = folder / f'{row}_{seed}_{args.iterations}x{args.batch}_of_{args.count}'
    kept = work_dir / 'scores.json'
    if kept.exists():
        return json.loads(kept.read_text())
    cfg = config_of(row, work_dir, args)
    runner = train(cfg, seed=seed, amp='bf16' if DEVICE == 'cuda' else None)
    drawn = runner.message_hub.get_scalar('val/mIoU').current()
    checkpoint = work_dir / f'iter_{args.iterations}.pth'
    summary, _ = score_photos(FaceParser(cfg, checkpoint, DEVICE), Path(args.real))
    scores = {
        'drawn': float(drawn),
        'real': 100 * summary.scores.mean('iou'),
        'real_f1': 100 * summary.scores.mean('f1', foreground=True),
    }
    kept.write_text(json.dumps(scores))
    return scores


def config_of(row: str, work_dir: Path, args: argparse.Namespace) -> Config:
    iterations = args.iterations
    options: dict[str, Any] = {
        'work_dir': str(work_dir),
        'train_dataloader.batch_size': args.batch,
        'train_dataloader.num_workers': args.cores,
        'train_dataloader.dataset.count': args.count,
        'train_dataloader.dataset.image_size': 256,  # as the recipe of the packaged parser, with which it shares faces
        'train_dataloader.dataset.cache_dir': args.faces or f'{args.folder}/faces',
        'train_dataloader.dataset.photographs': args.photographs,
        'train_dataloader.dataset.without': [name for name in WITHOUT[row] if name in GROUPS],
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
        resize = dict(type='FaceResize', scale=(256, 256), keep_ratio=False)
        kept.insert(1, resize)
    cfg.train_dataloader.dataset.pipeline = kept
    cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type not in left_out]
    if row == 'no-imagenet':
        cfg.model.backbone.update(init_cfg=None, frozen_stages=0, norm_eval=False)
        cfg.optim_wrapper.paramwise_cfg.custom_keys = {}
    if row == 'narrow-segnext':
        take_narrow_segnext(cfg)
    return cfg


def take_narrow_segnext(cfg: Config) -> None:
    """Put the quickstart's network, 0.64 M parameters with random weights, into the recipe."""
    narrow = load_config(NARROW)
    loss = cfg.model.decode_head.loss_decode
    cfg.model.backbone, cfg.model.decode_head = narrow.model.backbone, narrow.model.decode_head
    cfg.model.decode_head.loss_decode = loss
    cfg.optim_wrapper.optimizer.lr = narrow.optim_wrapper.optimizer.lr
    cfg.optim_wrapper.paramwise_cfg = narrow.optim_wrapper.paramwise_cfg
    for hook in cfg.custom_hooks:
        if hook.type == 'MixStyleHook':
            hook.layers = ['backbone.patch_embed1', 'backbone.patch_embed2']


if __name__ == '__main__':
    run_tool(main)
