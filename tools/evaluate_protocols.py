#!/usr/bin/env python
"""Scores predictions under every protocol that papers use, in one table.

    python tools/test.py CONFIG CHECKPOINT --out work_dirs/predictions
    python tools/evaluate_protocols.py work_dirs/predictions --label-space celebamask_hq \\
        --dataset celebamask_hq --data-root data/CelebAMask-HQ --out work_dirs/protocols.md
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.progress import track

from mmseg_facenext.cli.run import run_tool
from mmseg_facenext.evaluation.benchmarks import BENCHMARKS
from mmseg_facenext.evaluation.predictions import Predictions
from mmseg_facenext.evaluation.protocol_table import check_format, protocol_table, save_protocols
from mmseg_facenext.evaluation.protocols import ProtocolEvaluator
from mmseg_facenext.taxonomy import LABEL_SPACES, get_label_space


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('predictions', help='folder of <image name>.png with label ids')
    parser.add_argument('--label-space', required=True, choices=LABEL_SPACES, help='of the predictions')
    parser.add_argument('--dataset', required=True, choices=BENCHMARKS, help='what they are scored against')
    parser.add_argument('--data-root', required=True, help='folder of that data set')
    parser.add_argument(
        '--splits',
        nargs='+',
        default=(),
        help='faceparser, official, val_split.txt (CelebAMask-HQ); val, test (default: all that are complete)',
    )
    parser.add_argument(
        '--network-size',
        type=int,
        default=512,
        metavar='PIXELS',
        help="besides the labels' own size, compare at this height and width (default: %(default)s)",
    )
    parser.add_argument(
        '--allow-incomplete',
        action='store_true',
        help='score splits without all of their predictions by those that are there',
    )
    parser.add_argument('--out', metavar='FILE', help='also write the table: .md, .csv or .json')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    if args.out:
        check_format(args.out)
    console = Console(stderr=True)
    evaluator = ProtocolEvaluator(
        args.dataset,
        args.data_root,
        Predictions(args.predictions, get_label_space(args.label_space)),
        network_size=args.network_size,
        allow_incomplete=args.allow_incomplete,
        track=lambda indices, title: track(indices, title, console=console, transient=True),
    )
    report = evaluator.evaluate(args.splits)
    print(protocol_table(report))
    print('means in percent over the classes that occur; fg: without background; pixels of all images pooled')
    for note in report.notes:
        print(note)
    if args.out:
        save_protocols(report, args.out)


if __name__ == '__main__':
    run_tool(main)
