"""Write a config of mmsegmentation 0.x as a config of today, with its _base_ files merged.

    facenext migrate old/segnext.tiny.512x512.celebamaskhq.160k.py mine.py
    facenext migrate OLD NEW --cfg-options data.samples_per_gpu=4

Other commands take the old file too and translate it each time; a new file is there to be read and changed.
"""

from __future__ import annotations

import argparse

from ..arguments import add_cfg_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('old', metavar='OLD', help='config of mmseg 0.x')
    parser.add_argument('new', metavar='NEW', help='file to write, ending in .py')
    parser.add_argument('--force', action='store_true', help='write over NEW if it is there')
    add_cfg_options(parser, 'data.samples_per_gpu=4')


def main(args: argparse.Namespace) -> None:
    from ...config.migration import migrate

    migrate(args.old, args.new, args.cfg_options, force=args.force)
    print(f'wrote {args.new}')
