"""Write a training as one HTML file that opens offline: curves, scores of classes, confusions, best and worst photos.

    facenext report work_dirs/mine
    facenext report work_dirs/mine --checkpoint work_dirs/mine/iter_2000.pth --photos 1000 --out mine.html

The best checkpoint is scored again on the photos that the training validated on.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ..arguments import at_least_one

if TYPE_CHECKING:
    from ...engine.run_report import Shown

SIDE = 240


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('run', type=Path, help='work dir of a training')
    parser.add_argument('--out', type=Path, metavar='FILE', help='default: RUN/report.html')
    parser.add_argument(
        '--checkpoint', type=Path, metavar='FILE', help='default: the best one, else the last'
    )
    parser.add_argument(
        '--photos', type=at_least_one, default=500, help='that are scored, at most; default %(default)s'
    )
    parser.add_argument(
        '--show', type=at_least_one, default=8, metavar='N', help='best and worst photos; default %(default)s'
    )


def main(args: argparse.Namespace) -> None:
    from ...analysis.training_logs import read_history
    from ...engine.run_report import score_photos
    from ...visualization.html import Section, embedded, write_page
    from ...visualization.score_charts import draw_confusion, draw_per_class, largest_confusions
    from ...visualization.training_curves import draw_training_curve

    if not args.run.is_dir():
        raise UserError(f'no work dir {args.run}')
    out, name = args.out or args.run / 'report.html', args.run.resolve().name
    history = read_history(args.run)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        summary, best, worst, checkpoint = score_photos(
            args.run, args.checkpoint, args.photos, args.show, scratch
        )
        charts = {'classes': scratch / 'classes.png', 'confusion': scratch / 'confusion.png'}
        draw_per_class(summary, charts['classes'], f'{name}: {checkpoint.name}')
        draw_confusion(summary, charts['confusion'])
        sections = []
        if history.train:
            draw_training_curve(history, scratch / 'curves.png', name)
            curves = [(embedded(scratch / 'curves.png'), 'curves')]
            sections.append(Section('Training', [history.describe()], pictures=curves))
        scored = summary.scores
        rows: list[list[str | int | float]] = [
            [title, *(float(values[place].nan_to_num()) for values in (scored.iou, scored.f1, scored.share))]
            for place, title in enumerate(summary.titles)
        ]
        sections += [
            Section('Classes', [summary.statement()], columns=('class', 'IoU', 'F1', 'pixels'), rows=rows,
                    pictures=[(embedded(charts['classes']), 'scores of each class')]),
            Section('Confusions', lists={'largest': [
                f'{share:.1%} of {label} taken for {other}' for label, other, share in largest_confusions(summary)
            ]}, pictures=[(embedded(charts['confusion']), 'confusion matrix')]),
            Section('Worst photos', ['photo, labels, prediction'], pictures=[_drawn(each, summary) for each in worst]),
            Section('Best photos', ['photo, labels, prediction'], pictures=[_drawn(each, summary) for each in best]),
        ]  # fmt: skip
        lead = [(f'{checkpoint.name}: mIoU {100 * scored.mean("iou"):.2f}', '')]
        write_page(out, name, lead, sections)
    print(f'{summary.protocol.num_images} photos scored: {out}')


def _drawn(shown: Shown, summary: Any) -> tuple[str, str]:
    """Photo, labels and prediction side by side, small."""
    import cv2
    import numpy as np
    from PIL import Image

    from ...taxonomy import LabelSpace
    from ...utils.read_image import read_image
    from ...visualization.html import embedded
    from ...visualization.overlay import draw_overlay

    space = LabelSpace('run', summary.classes, summary.titles, summary.palette, 'subject')
    photo = read_image(shown.photo)[..., ::-1]
    height, width = photo.shape[:2]
    size = (SIDE, max(1, round(SIDE * height / width)))
    small = np.ascontiguousarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA))
    pictures = [small]
    for labels in (shown.labels, shown.prediction):
        resized = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)
        pictures.append(draw_overlay(small, resized, space, 0.6))
    picture = Image.fromarray(np.concatenate(pictures, axis=1))
    return embedded(picture), f'{Path(shown.photo).name}: mIoU {100 * shown.iou:.1f}'
