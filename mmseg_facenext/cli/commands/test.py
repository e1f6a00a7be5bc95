"""Score a checkpoint on the test set of its config.

    facenext test CONFIG CHECKPOINT --eval mIoU mFscore
    facenext test CONFIG CHECKPOINT --gpus 8 --eval mIoU
    facenext test CONFIG CHECKPOINT --tta --out work_dirs/predictions --show-dir work_dirs/overlays

per_class_test.png and .json in the work dir have the scores of every class.
"""

from __future__ import annotations

import argparse

from ..arguments import CHECKPOINT, add_config, add_no_fuse, add_run_arguments
from ..old_options import IN_TESTING, add_old_options

LESS_MEMORY = 'set test_dataloader.batch_size=1 (--cfg-options), or leave out --tta'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument(
        'checkpoint',
        metavar='CHECKPOINT',
        help=CHECKPOINT,
    )
    parser.add_argument(
        '--eval',
        nargs='+',
        metavar='METRIC',
        help='mIoU mFscore mDice, or accuracy (default: those of the config)',
    )
    parser.add_argument('--out', metavar='DIR', help='write predictions as PNGs of data set ids')
    parser.add_argument('--show-dir', metavar='DIR', help='write photos with the predicted classes over them')
    parser.add_argument(
        '--tta', '--aug-test', action='store_true', help='average over several scales and flips'
    )
    add_no_fuse(parser)
    add_old_options(parser, IN_TESTING)
    add_run_arguments(parser, example='test_dataloader.batch_size=1')


def main(args: argparse.Namespace) -> None:
    from ...config.load import load_config
    from ...engine.testing import score

    cfg = load_config(args.config, args.cfg_options)
    if args.work_dir:
        cfg.work_dir = args.work_dir
    score(
        cfg,
        args.checkpoint,
        launcher=args.launcher,
        metrics=args.eval,
        out=args.out,
        show_dir=args.show_dir,
        tta=args.tta,
        fuse=args.fuse,
        trust=args.trust_checkpoint,
    )
