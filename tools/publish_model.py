"""Makes the file to publish from a checkpoint: weights, classes and config, without optimizer and logs.

    python tools/publish_model.py work_dirs/mine/iter_160000.pth segnext.tiny.celebamaskhq.pth
    python tools/publish_model.py work_dirs/mine/best_mIoU_iter_150000.pth weights/segnext.tiny.safetensors

The first 8 hex digits of the file's SHA-256 are added to its name: segnext.tiny.celebamaskhq-abcdef12.pth
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmseg_facenext.checkpoints.publishing import publish
from mmseg_facenext.cli.arguments import add_trust_checkpoint
from mmseg_facenext.cli.run import run_tool


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('in_file', metavar='IN', help='checkpoint: file or http address')
    parser.add_argument('out_file', metavar='OUT', help='name without hash, ends in .pth or .safetensors')
    add_trust_checkpoint(parser)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    published = publish(args.in_file, args.out_file, trust=args.trust_checkpoint)
    for note in published.notes:
        print(note)
    before = f'{published.size_before / 1e6:.1f} MB -> ' if published.size_before else ''
    print(f'{published.path}: {before}{published.size_after / 1e6:.1f} MB')


if __name__ == '__main__':
    run_tool(main)
