"""Prints a config with its _base_ files merged, as Python that can be loaded again.

    python tools/print_config.py CONFIG
    python tools/print_config.py CONFIG --key model.backbone
    python tools/print_config.py CONFIG --cfg-options train_dataloader.batch_size=2 --out mine.py

A config of mmsegmentation 0.x is shown as it is translated; tools/migrate_config.py writes that.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmseg_facenext.cli.arguments import add_cfg_options
from mmseg_facenext.cli.run import run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.config.text import config_text
from mmseg_facenext.errors import UserError
from mmseg_facenext.utils.atomic import atomic_path


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', metavar='CONFIG')
    parser.add_argument('--key', help='one setting only, e.g. model.backbone or custom_hooks.0')
    parser.add_argument('--out', metavar='FILE', help='write to this file instead, e.g. mine.py')
    add_cfg_options(parser)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    text = config_text(load_config(args.config, args.cfg_options), args.key)
    if args.out is None:
        print(text, end='')
        return
    if Path(args.out).suffix != '.py' or Path(args.out).resolve() == Path(args.config).resolve():
        raise UserError(f'--out {args.out}: expected the name of another file that ends in .py')
    with atomic_path(args.out) as temporary:
        temporary.write_text(text)
    print(f'wrote {args.out}')


if __name__ == '__main__':
    run_tool(main)
