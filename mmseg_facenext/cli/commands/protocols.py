"""Score predictions under every protocol that papers use, in one table.

    facenext test CONFIG CHECKPOINT --out work_dirs/predictions
    facenext protocols work_dirs/predictions --label-space celebamask_hq \\
        --dataset celebamask_hq --data-root data/CelebAMask-HQ --out work_dirs/protocols.md
"""

from __future__ import annotations

import argparse

from ...taxonomy import LABEL_SPACES, get_label_space

BENCHMARKS = ('celebamask_hq', 'lapa', 'helen')


def add_arguments(parser: argparse.ArgumentParser) -> None:
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


def main(args: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.progress import track

    from ...evaluation.predictions import Predictions
    from ...evaluation.protocol_table import check_format, protocol_table, save_protocols
    from ...evaluation.protocols import ProtocolEvaluator

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
