"""Draw faces and write them like a downloaded CelebAMask-HQ, LaPa or Helen.

    facenext data synthetic data/synthetic_faces --count 560 --image-size 256
    facenext data synthetic data/LaPa --layout lapa --count 40
    facenext data synthetic --sheet faces.jpg

It can be stopped (Ctrl-C) and run again: faces that are complete are kept.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

LAYOUTS = ('celebamask', 'lapa', 'helen')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('out', nargs='?', help='folder to write; run again to go on after a stop')
    parser.add_argument(
        '--layout', choices=LAYOUTS, default='celebamask', help='of which data set (default: %(default)s)'
    )
    parser.add_argument('--count', type=int, default=300, help='number of faces (default: %(default)s)')
    parser.add_argument(
        '--val-count', type=int, help='faces held out, the last ones; LaPa: twice (default: a tenth)'
    )
    parser.add_argument('--seed', type=int, default=0, help='other seeds draw other faces (default: 0)')
    parser.add_argument(
        '--image-size',
        type=int,
        default=512,
        help='side of the images; CelebAMask-HQ masks are 512 (default: %(default)s)',
    )
    parser.add_argument(
        '--workers', type=int, help='processes; the result is the same (default: one per core)'
    )
    parser.add_argument(
        '--sheet', metavar='PATH', help='also draw 16 faces and their labels into one picture'
    )


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if not (args.out or args.sheet):
        parser.error('nothing to do: name a folder to write, or --sheet PATH')


def main(args: argparse.Namespace) -> None:
    if args.sheet:
        from ....synthetic.faces import write_sheet

        write_sheet(args.sheet, seed=args.seed)
        print(f'{args.sheet}: 16 faces of seed {args.seed}, each beside its labels')
    if args.out:
        write_faces(args)


def writers() -> dict[str, Callable[..., int]]:
    """Layout to what writes it."""
    from ....synthetic.faces import write_celebamask_tree
    from ....synthetic.landmarked import write_helen_tree, write_lapa_tree

    return {'celebamask': write_celebamask_tree, 'lapa': write_lapa_tree, 'helen': write_helen_tree}


def write_faces(args: argparse.Namespace) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    started = time.perf_counter()
    columns = (TextColumn('drawing faces'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:

        def report(done: int, total: int) -> None:
            if not bar.tasks:
                bar.add_task('faces', total=total)
            bar.update(bar.tasks[0].id, completed=done)

        drawn = writers()[args.layout](
            args.out,
            args.count,
            seed=args.seed,
            image_size=args.image_size,
            val_count=args.val_count,
            workers=args.workers,
            progress=report,
        )
    seconds = time.perf_counter() - started
    print(f'{args.out}: {args.count} faces, {drawn} of them drawn now in {seconds:.0f} s')
