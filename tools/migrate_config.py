#!/usr/bin/env python
"""Writes a config of mmsegmentation 0.x as a config of today, with its _base_ files merged.

    python tools/migrate_config.py old/segnext.tiny.512x512.celebamaskhq.160k.py mine.py
    python tools/migrate_config.py OLD NEW --cfg-options data.samples_per_gpu=4

Tools take the old file too and translate it each time; a new file is there to be read and changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmseg_facenext.cli.arguments import add_cfg_options
from mmseg_facenext.cli.run import run_tool
from mmseg_facenext.config.migration import migrate


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('old', metavar='OLD', help='config of mmseg 0.x')
    parser.add_argument('new', metavar='NEW', help='file to write, ending in .py')
    parser.add_argument('--force', action='store_true', help='write over NEW if it is there')
    add_cfg_options(parser, 'data.samples_per_gpu=4')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    migrate(args.old, args.new, args.cfg_options, force=args.force)
    print(f'wrote {args.new}')


if __name__ == '__main__':
    run_tool(main)
