"""Makes the file to publish from a checkpoint: weights, classes and config, without optimizer and logs.

    facenext publish work_dirs/mine/iter_160000.pth segnext.tiny.celebamaskhq.pth
    facenext publish work_dirs/mine/best_mIoU_iter_150000.pth weights/segnext.tiny.safetensors

The first 8 hex digits of the file's SHA-256 are added to its name: segnext.tiny.celebamaskhq-abcdef12.pth
"""

from __future__ import annotations

import argparse

from .arguments import add_trust_checkpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('in_file', metavar='IN', help='checkpoint: file or http address')
    parser.add_argument('out_file', metavar='OUT', help='name without hash, ends in .pth or .safetensors')
    add_trust_checkpoint(parser)


def main(args: argparse.Namespace) -> None:
    from ..checkpoints.publishing import publish

    published = publish(args.in_file, args.out_file, trust=args.trust_checkpoint)
    for note in published.notes:
        print(note)
    before = f'{published.size_before / 1e6:.1f} MB -> ' if published.size_before else ''
    print(f'{published.path}: {before}{published.size_after / 1e6:.1f} MB')
