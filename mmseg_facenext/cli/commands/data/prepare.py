"""Merge the part masks of CelebAMask-HQ into one label map per photo and write the split files.

    facenext data prepare data/CelebAMask-HQ --workers 8

The data set reads the raw layout as well; this is for everybody who wants plain label maps, or training at
full speed from the first epoch on. It can be stopped (Ctrl-C) and run again: what is done is skipped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ....errors import UserError
from ....taxonomy import LABEL_SPACES, LabelSpace, get_label_space
from ....utils.cpu_count import usable_cores
from ...run import INTERRUPTED

if TYPE_CHECKING:
    import numpy as np
    from rich.table import Table

    from ....datasets.celebamask_hq.merge_folder import Merged, MergeJob

SPLIT_FILES = '{split}_split.txt'
COMPLETE = 30_000
SHOWN_PROBLEMS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('data_root', type=Path, help='the unpacked CelebAMask-HQ')
    parser.add_argument('--out', type=Path, help='where CelebA-HQ-mask and the split files go [data_root]')
    parser.add_argument(
        '--label-space',
        default='celebamask_hq',
        choices=[name for name in LABEL_SPACES if name.startswith('celebamask_hq')],
        help='order of the classes, in which masks are painted over each other too [celebamask_hq]',
    )
    parser.add_argument(
        '--split-source',
        help="'faceparser', 'official', a split file, or 'none' [the split files that are there; else "
        'faceparser if all 30,000 images are]',
    )
    parser.add_argument('--workers', type=int, default=usable_cores(), help='processes [all cores]')


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if args.workers < 1:
        parser.error(f'--workers must be at least 1, got {args.workers}')


def main(args: argparse.Namespace) -> None:
    from ....datasets.celebamask_hq.folders import IMAGE_FOLDER
    from ....datasets.celebamask_hq.merge_folder import claim_folder, plan_merge
    from ....datasets.splits import write_split

    out: Path = args.out or args.data_root
    label_space = get_label_space(args.label_space)
    jobs = plan_merge(args.data_root, out, label_space)
    splits = read_splits(args.data_root, args.split_source, [job.image_id for job in jobs])
    claim_folder(jobs)
    for split, ids in splits.items():
        write_split(out / SPLIT_FILES.format(split=split), ids)
    link_images(args.data_root / IMAGE_FOLDER, out / IMAGE_FOLDER)
    results = merge_with_progress(jobs, args.workers)
    report(results, jobs, label_space, splits)


def read_splits(data_root: Path, source: str | None, ids: list[int]) -> dict[str, list[int]]:
    """Return the ids of every split that the source has ('faceparser' has no test images of its own)."""
    from ....datasets.splits import SPLITS, split_ids

    if source is None:
        there = any((data_root / SPLIT_FILES.format(split=split)).exists() for split in SPLITS)
        complete = len(ids) == COMPLETE
        source = SPLIT_FILES if there else 'faceparser' if complete else 'none'
    if source == 'none':
        return {}
    names = {'faceparser': SPLITS[:2], 'official': SPLITS}.get(source) or tuple(
        split
        for split in SPLITS
        if '{split}' not in source or (data_root / source.replace('{split}', split)).exists()
    )
    if not names:
        raise UserError(
            f'no split file {data_root / source}: looked for {", ".join(SPLITS)} in place of {{split}}; '
            'name existing files, or --split-source none'
        )
    return {split: split_ids(source, split, data_root, ids) for split in names}


def link_images(images: Path, link: Path) -> None:
    """Make the photos appear beside label maps that were put elsewhere."""
    if not link.exists():
        link.symlink_to(images.resolve(), target_is_directory=True)


def merge_with_progress(jobs: list[MergeJob], workers: int) -> list[Merged]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ....datasets.celebamask_hq.merge_folder import merge_all

    results: list[Merged] = []
    columns = (TextColumn('merging'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    merging = merge_all(jobs, workers)
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            for result in progress.track(merging, total=len(jobs)):
                results.append(result)
    except KeyboardInterrupt:
        merging.close()
        print(
            f'stopped at {len(results)} of {len(jobs)}; run the same command again to go on from there',
            file=sys.stderr,
        )
        sys.exit(INTERRUPTED)
    return results


def report(
    results: list[Merged], jobs: list[MergeJob], label_space: LabelSpace, splits: dict[str, list[int]]
) -> None:
    import numpy as np
    from rich.console import Console

    counts = [result.pixels for result in results if result.pixels is not None]
    if counts:
        Console().print(class_table(np.stack(counts), label_space))
    sizes = ', '.join(f'{len(ids)} {split}' for split, ids in splits.items()) or 'no splits'
    print(f'{len(counts)} label maps in {jobs[0].target.parent} ({sizes})')
    problems = [result for result in sorted(results, key=lambda r: r.image_id) if result.problem]
    for result in problems[:SHOWN_PROBLEMS]:
        print(f'image {result.image_id}: {result.problem}', file=sys.stderr)
    if problems:
        which = 'see above' if len(problems) <= SHOWN_PROBLEMS else f'the first {SHOWN_PROBLEMS} above'
        raise UserError(
            f'{len(problems)} of {len(jobs)} images have no label map ({which}); mend or remove them and run the '
            'same command again'
        )


def class_table(pixels: np.ndarray, label_space: LabelSpace) -> Table:
    """List per class the share of all pixels and of the images; `pixels` is (images, classes)."""
    from rich.table import Table

    table = Table('id', 'class', 'pixels', 'images')
    share = pixels.sum(axis=0) / pixels.sum()
    for label, title in enumerate(label_space.titles):
        present = (pixels[:, label] > 0).mean()
        table.add_row(str(label), title, f'{share[label]:.2%}', f'{present:.1%}')
    return table
