"""Look at every photo and label map of a data set and say what is wrong with it, before a training does.

    facenext data check data/mine
    facenext data check data/CelebAMask-HQ --workers 8 --exclude
    facenext data check /read/only/LaPa --out work_dirs/lapa_check

Missing, damaged and extra files, sizes, ids, overlaps of part masks, the order of the classes, left and right that look
swapped, the same or nearly the same photo in training and evaluation, pixels and photos of each class. The report is
<out>/report.html and .json. It ends with 1 if something is wrong. It can be stopped and run again.

Read are what `facenext data new` writes, CelebAMask-HQ (part masks or merged), LaPa and Helen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....taxonomy import LABEL_SPACES
from ....utils.cpu_count import usable_cores
from ...run import INTERRUPTED

if TYPE_CHECKING:
    from ....datasets.checking.findings import Findings
    from ....datasets.checking.layouts import Layout

ON_SHEET = 24
FACTS = 'facts.jsonl'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('root', type=Path, help='the data set')
    parser.add_argument('--out', type=Path, metavar='DIR', help='where the report goes, default: ROOT/check')
    parser.add_argument('--workers', type=int, default=usable_cores(), help='processes, default: all cores')
    parser.add_argument(
        '--label-space', choices=list(LABEL_SPACES), help='of merged label maps of CelebAMask-HQ, if no file says it'
    )
    parser.add_argument(
        '--exclude',
        action='store_true',
        help='write ROOT/excluded.txt: files that cannot be used, and training photos that evaluation has too; every '
        'training on ROOT leaves them out',
    )


def main(args: argparse.Namespace) -> None:
    from ....datasets.checking.findings import find
    from ....datasets.checking.layouts import find_layout

    out: Path = args.out or args.root / 'check'
    layout = find_layout(args.root, args.label_space)
    facts = look(args.root, layout, out / FACTS, args.workers)
    findings = find(layout, facts)
    write_report(args.root, layout, findings, len(facts), out)
    if args.exclude:
        lines = [f'{photo}\t{" ".join(reason.split())}\n' for photo, reason in sorted(findings.excluded.items())]
        (args.root / 'excluded.txt').write_text(''.join(lines), encoding='utf-8')
        print(f'{args.root / "excluded.txt"}: {len(lines)} photos that trainings leave out')
    for kind, texts in (*findings.errors.items(), *findings.warnings.items()):
        word = 'error' if kind in findings.errors else 'warning'
        print(f'{word}: {kind}: {len(texts)}, {texts[0]}', file=sys.stderr)
    print(f'{len(facts)} photos of {layout.kind} looked at: {out / "report.html"}')
    if findings.errors:
        sys.exit(1)


def look(root: Path, layout: Layout, kept: Path, workers: int) -> list[dict[str, Any]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ....datasets.checking.looking import look_at_all

    columns = (TextColumn('looking'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    looking = look_at_all(root, layout.entries, layout.space, kept, workers)
    facts: list[dict[str, Any]] = []
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            for each in progress.track(looking, total=len(layout.entries)):
                facts.append(each)
    except KeyboardInterrupt:
        looking.close()
        print(f'stopped at {len(facts)} of {len(layout.entries)}; the same command goes on from there', file=sys.stderr)
        sys.exit(INTERRUPTED)
    return facts


def write_report(root: Path, layout: Layout, findings: Findings, count: int, out: Path) -> None:
    """Write `report.html` and `report.json`."""
    from ....utils.atomic import atomic_path
    from ....visualization.html import Section, write_page

    told = {
        'root': str(root),
        'layout': layout.kind,
        'label_space': layout.space.name,
        'photos': count,
        'errors': findings.errors,
        'warnings': findings.warnings,
        'excluded': findings.excluded,
        **findings.tables,
    }
    with atomic_path(out / 'report.json') as path:
        path.write_text(json.dumps(told, indent=1, allow_nan=False) + '\n', encoding='utf-8')
    wrong = sum(map(len, findings.errors.values()))
    lead = [(f'{layout.kind}, {count} photos, {layout.space.num_classes} classes', '')]
    lead.append((f'{wrong} errors', 'wrong') if wrong else ('no errors', 'good'))
    classes = findings.tables['classes']
    sections = [
        Section('Errors', lists=findings.errors),
        Section('Worth a look', lists=findings.warnings),
        Section('Classes', columns=('id', 'class', 'pixels', 'photos', 'share of photos'), rows=[
            (each['id'], each['name'], float(each['share']), each['images'], each['images'] / max(1, count))
            for each in classes
        ]),
        Section('Sizes', columns=('what', 'width x height', 'number'), rows=[
            (what, size, number)
            for what, key in (('photo', 'sizes'), ('labels', 'label_sizes'))
            for size, number in findings.tables[key].items()
        ]),
    ]  # fmt: skip
    if rows := [(each['below'], each['above'], each['pixels']) for each in findings.tables['overlaps']]:
        order = 'Parts are painted in the order of the classes: the later one covers the earlier one.'
        sections.append(Section('Overlaps of part masks', [order], columns=('below', 'above', 'pixels'), rows=rows))
    some = layout.entries[:: max(1, len(layout.entries) // ON_SHEET)][:ON_SHEET]
    sections.append(Section('Photos', pictures=pictures(root, layout, [entry.photo for entry in some])))
    suspects = list(findings.suspects)[:ON_SHEET]
    if suspects:
        shown = pictures(root, layout, suspects, findings.suspects)
        sections.insert(2, Section('Suspects', pictures=shown))
    write_page(out / 'report.html', f'Check of {root}', lead, sections)


def pictures(
    root: Path, layout: Layout, photos: Sequence[str], captions: dict[str, str] | None = None
) -> list[tuple[str, str]]:
    """Return photos with their labels over them; those that cannot be read are left out."""
    import cv2
    import numpy as np
    from PIL import Image

    from ....datasets.checking.looking import _labels
    from ....errors import UserError
    from ....utils.read_image import read_image
    from ....visualization.html import embedded
    from ....visualization.overlay import draw_overlay

    entries = {entry.photo: entry for entry in layout.entries}
    found = []
    for photo in photos:
        try:
            image = read_image(root / photo, (200, 200))[..., ::-1]
            labels, _ = _labels(root, entries[photo], layout.space)
        except UserError:
            continue
        height, width = image.shape[:2]
        size = (200, max(1, round(200 * height / width)))
        small = np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        over = draw_overlay(small, cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT), layout.space)
        found.append((embedded(Image.fromarray(over)), f'{photo} {(captions or {}).get(photo, "")}'.strip()))
    return found
