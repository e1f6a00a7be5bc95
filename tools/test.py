#!/usr/bin/env python
"""Scores a checkpoint on the test set of its config; on several GPUs: ./tools/dist_test.sh CONFIG CHECKPOINT 8 ...

    python tools/test.py CONFIG CHECKPOINT --eval mIoU mFscore
    python tools/test.py CONFIG CHECKPOINT --tta --out work_dirs/predictions --show-dir work_dirs/overlays

per_class_test.png and .json in the work dir have the scores of every class.
"""

import argparse
from collections.abc import Sequence

from mmseg_facenext.cli.arguments import add_no_fuse, add_run_arguments
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.config.mmseg0.options import IN_TESTING, add_old_options
from mmseg_facenext.engine.testing import score


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', metavar='CONFIG')
    parser.add_argument('checkpoint', metavar='CHECKPOINT', help='file (.pth, .safetensors) or http address')
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
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
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


if __name__ == '__main__':
    run_tool(main, less_memory='set test_dataloader.batch_size=1 (--cfg-options), or leave out --tta')
