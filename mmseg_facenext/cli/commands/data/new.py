"""Make a data set and a config of photos and masks of your own, whatever form they are in.

    facenext data new mine
    facenext data new mine --classes background skin hair lips --pairs l_eye:r_eye
    facenext data new mine --merge face=skin+nose --ignore hat --split list.csv --freeze

Understood are label maps (grey, palette or coloured PNGs beside their photos or in a folder of their own), one mask for
each part (`7_hair.png`, `hair/7.png`), and what LabelMe, COCO tools and CVAT export. It says what it understood, and
writes data/<name>/ with photos, labels, splits, a contact sheet, and config.py, which trains from the weights of
this package. Run it again with other options until it is right: FOLDER itself is never changed.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import UserError

if TYPE_CHECKING:
    from ....datasets.own.source import Source
    from ....datasets.own.writing import Classes, Written

SHOWN = 5
ON_SHEET = 16
PACKAGED = 'face_parser'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('folder', type=Path, help='photos and annotations; it is not changed')
    parser.add_argument('--out', type=Path, help='where the data set goes, default: data/<name of FOLDER>')
    parser.add_argument('--images', type=Path, metavar='DIR', help='where the photos are, if it is not seen')
    parser.add_argument('--masks', type=Path, metavar='DIR', help='where the masks are, if it is not seen')
    parser.add_argument(
        '--classes',
        nargs='+',
        default=[],
        metavar='NAME',
        help='of label maps: names in the order of their values, or VALUE=NAME, or #rrggbb=NAME; of part masks: the '
        'order in which they are painted, later ones over earlier ones',
    )
    parser.add_argument('--colours', nargs='+', default=[], metavar='NAME=#rrggbb', help='for pictures')
    parser.add_argument(
        '--pairs', nargs='+', default=[], metavar='LEFT:RIGHT', help='classes that mirroring swaps, if their names do not say it'
    )
    parser.add_argument(
        '--merge', nargs='+', default=[], metavar='NAME=A+B', help='one class of several; background=A+B drops them'
    )
    parser.add_argument('--ignore', nargs='+', default=[], metavar='NAME', help='classes that do not count')
    parser.add_argument(
        '--split', metavar='FILE', help='lines "<photo> train|val|test", or lists {split}.txt; default: folders, or drawn'
    )
    parser.add_argument('--val-share', type=float, default=0.2, help='of photos that are drawn, default %(default)s')
    parser.add_argument('--seed', type=int, default=0, help='of the drawing, default %(default)s')
    parser.add_argument(
        '--start', default=PACKAGED, metavar='NAME', help='published weights to start from, default: those of the package'
    )
    parser.add_argument('--freeze', action='store_true', help='train the head alone; faster, for few photos')
    parser.add_argument('--iterations', type=int, default=300, help='of the training, default %(default)s')


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if not 0 < args.val_share < 1:
        parser.error(f'--val-share must lie between 0 and 1, got {args.val_share}')
    if args.iterations < 1:
        parser.error(f'--iterations must be at least 1, got {args.iterations}')


def main(args: argparse.Namespace) -> None:
    from rich.progress import track

    from ....datasets.own.assigning import assign_splits
    from ....datasets.own.source import find_source
    from ....datasets.own.writing import plan_classes, write_data_set

    out: Path = args.out or Path('data', args.folder.resolve().name)
    if out.resolve() == args.folder.resolve():
        raise UserError(f'--out {out} is the folder itself, which is not changed: choose another')
    source = find_source(args.folder, args.images, args.masks, args.classes)
    classes = plan_classes(source, args.merge, args.ignore, args.pairs, args.colours)
    splits = assign_splits(source.items, args.split, args.val_share, args.seed)
    written = write_data_set(source, classes, out, lambda items: track(items, 'writing', transient=True))
    config = write_config(args, out, classes, len(source.items) - len(written.problems))
    sheet = draw_sheet(out, classes)
    print(report(source, classes, written, splits))
    checkpoint = f'work_dirs/{config.stem}/iter_{args.iterations}.pth'
    print(
        f'{sheet}: look at it first\n{config}: the config\n\n'
        f'  facenext data check {out}\n  facenext train {config}\n  facenext test {config} {checkpoint}\n'
        f'  facenext parse PHOTO {config} {checkpoint}'
    )


def report(source: Source, classes: Classes, written: Written, splits: str) -> str:
    """Say what was understood, in lines."""
    from collections import Counter

    from ....utils.text_table import text_table

    counts = Counter(item.split for item in source.items)
    lines = [f'{source.kind}: {len(source.items)} photos', splits]
    lines.append(', '.join(f'{counts[split]} {split}' for split in ('train', 'val', 'test') if counts[split]))
    lines += [f'note: {note}' for note in source.notes]
    problems = [*source.problems, *written.problems]
    lines += [f'left out: {problem}' for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(f'left out: {len(problems) - SHOWN} more')
    share, total = written.pixels / max(1, written.pixels.sum()), len(source.items) - len(written.problems)
    others = dict([*classes.flip_pairs, *((right, left) for left, right in classes.flip_pairs)])
    came = {
        name: [old for old, new in classes.ids.items() if new == label and old in source.classes]
        for label, name in enumerate(classes.names)
    }
    rows: list[list[str] | None] = [
        [str(label), name, f'{share[label]:.2%}', f'{written.images[label]}/{total}', others.get(name, ''),
         ' + '.join(came[name] if came[name] != [name] else [])]
        for label, name in enumerate(classes.names)
    ]  # fmt: skip
    lines.append(text_table(['id', 'class', 'pixels', 'photos', 'mirrored', 'made of'], rows, left=2))
    ignored = [name for name, label in classes.ids.items() if label == 255 and name in source.classes]
    lines += [f'not counted: {", ".join(ignored)}'] if ignored else []
    empty = [name for label, name in enumerate(classes.names) if not written.images[label]]
    lines += [f'warning: no photo has {", ".join(empty)}'] if empty else []
    return '\n'.join(lines)


def draw_sheet(out: Path, classes: Classes) -> Path:
    """Draw photos of the data set with their labels into one picture."""
    import numpy as np

    from ....datasets.own.writing import LABELS, PHOTOS
    from ....taxonomy import LabelSpace
    from ....utils.atomic import atomic_path
    from ....utils.picture_files import PICTURE_SUFFIXES, list_files
    from ....utils.read_image import read_image, read_labels
    from ....visualization.browsing import Sample, draw_samples

    files = list_files(out / PHOTOS, PICTURE_SUFFIXES)
    names = list(files)[:: max(1, len(files) // ON_SHEET)][:ON_SHEET]
    space = LabelSpace('own', classes.names, classes.names, classes.palette, 'subject')
    samples = []
    for name in names:
        photo = read_image(out / PHOTOS / files[name])[..., ::-1]
        labels = read_labels(out / LABELS / f'{name}.png')
        samples.append(_small(Sample(name, np.ascontiguousarray(photo), labels)))
    with atomic_path(out / 'contact_sheet.jpg') as path:
        draw_samples(samples, space, columns=4).save(path, quality=90)
    return out / 'contact_sheet.jpg'


def _small(sample: Any, side: int = 480) -> Any:
    import cv2

    from ....visualization.browsing import Sample

    height, width = sample.image.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    image = cv2.resize(sample.image, size, interpolation=cv2.INTER_AREA)
    return Sample(sample.name, image, cv2.resize(sample.labels, size, interpolation=cv2.INTER_NEAREST_EXACT))


def write_config(args: argparse.Namespace, out: Path, classes: Classes, count: int) -> Path:
    """Write the config beside the data and return its path."""
    from ....config.load import load_config
    from ....config.own_config import own_config
    from ....inference.building import OF_DATA_SETS
    from ....inference.network_file import config_in
    from ....utils.atomic import atomic_path

    cfg = config_in(args.start) if args.start == PACKAGED else load_config(args.start, purpose='model')
    steps = [s for s in cfg.test_dataloader.dataset.pipeline if not str(s['type']).startswith(OF_DATA_SETS)]
    scale = next((step['scale'] for step in steps if step.get('scale')), (512, 512))
    config = out / f'{out.resolve().name}.py'
    metainfo: dict[str, Any] = dict(classes=list(classes.names), palette=[list(c) for c in classes.palette])
    metainfo['flip_pairs'] = [list(pair) for pair in classes.flip_pairs]
    text = own_config(
        cfg.model.to_dict(),
        tuple(scale),
        args.start,
        name=config.stem,
        path=str(config),
        root=os.fspath(out),
        metainfo=metainfo,
        count=count,
        test_split='test' if (out / 'test.txt').is_file() else 'val',
        iterations=args.iterations,
        freeze=args.freeze,
    )
    with atomic_path(config) as temporary:
        temporary.write_text(text, encoding='utf-8')
    return config
