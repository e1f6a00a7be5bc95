"""Print a config with its _base_ files merged, as Python that can be loaded again.

    facenext config                 (lists the configs that come with the package)
    facenext config CONFIG
    facenext config CONFIG --key model.backbone
    facenext config CONFIG --cfg-options train_dataloader.batch_size=2 --out mine.py

A config of mmsegmentation 0.x is shown as it is translated; `facenext migrate` writes that.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ...config.find import config_names, find_config
from ...errors import UserError
from ..arguments import add_cfg_options, add_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser, nargs='?')
    parser.add_argument('--key', help='one setting only, e.g. model.backbone or custom_hooks.0')
    parser.add_argument('--out', metavar='FILE', help='write to this file instead, e.g. mine.py')
    add_cfg_options(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if args.config is None and (args.key or args.out or args.cfg_options):
        parser.error('name the CONFIG')


def main(args: argparse.Namespace) -> None:
    if args.config is None:
        print('\n'.join(config_names()))
        return

    from ...config.load import load_config
    from ...config.text import config_text
    from ...utils.atomic import atomic_path

    cfg = load_config(args.config, args.cfg_options)
    if args.out is None:
        print(config_text(cfg, args.key), end='')
        return
    if Path(args.out).suffix != '.py' or Path(args.out).resolve() == find_config(args.config).resolve():
        raise UserError(f'--out {args.out}: expected the name of another file that ends in .py')
    if Path(cfg.work_dir).name == find_config(args.config).stem:
        cfg.pop('work_dir')  # filled in by `load_config`; the new file gets a folder of its own name
    text = config_text(cfg, args.key)
    with atomic_path(args.out) as temporary:
        temporary.write_text(text)
    print(f'wrote {args.out}')
