"""Show which classes are confused: the confusion matrix of predictions or of a checkpoint.

    facenext confusion CONFIG CHECKPOINT --save-dir work_dirs/mine
    facenext test CONFIG CHECKPOINT --out predictions && \\
        facenext confusion CONFIG predictions --save-dir work_dirs/mine

Writes confusion_matrix.png (each row adds up to 100%), .csv (pixel counts) and .json (counts and scores).
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import add_cfg_options, add_config, add_no_fuse, add_trust_checkpoint

if TYPE_CHECKING:
    from ...evaluation import EvaluationSummary

LESS_MEMORY = 'set test_dataloader.batch_size=1 (--cfg-options)'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument(
        'prediction', metavar='PREDICTION', help='checkpoint, or folder of PNGs from `facenext test --out`'
    )
    # mmseg's tool takes it by position.
    parser.add_argument(
        'save_dir', metavar='DIR', nargs='?', default=argparse.SUPPRESS, help='same as --save-dir'
    )
    parser.add_argument('--save-dir', metavar='DIR', help='folder to write to, default: the current one')
    parser.add_argument('--title', default='Confusion matrix', help='of the picture')
    parser.add_argument(
        '--color-theme', default='Blues', help='colour map of matplotlib, default %(default)s'
    )
    add_no_fuse(parser)
    add_trust_checkpoint(parser)
    add_cfg_options(parser, 'test_dataloader.dataset.data_root=data/mine')


def main(args: argparse.Namespace) -> None:
    from rich.progress import track

    from ...config.load import load_config
    from ...engine.testing import summarize, summarize_predictions
    from ...visualization.score_charts import check_theme

    cfg = load_config(args.config, args.cfg_options)
    # Before a test that may take long.
    theme, folder = check_theme(args.color_theme), Path(args.save_dir or '.')
    folder.mkdir(parents=True, exist_ok=True)
    if Path(args.prediction).is_dir():
        summary = summarize_predictions(cfg, args.prediction, lambda images: track(images, 'comparing'))
    else:
        summary = summarize(cfg, args.prediction, fuse=args.fuse, trust=args.trust_checkpoint)
    write(summary, folder, args.title, theme)


def write(summary: EvaluationSummary, folder: Path, title: str, theme: str) -> None:
    from ...utils.atomic import atomic_path
    from ...visualization.score_charts import draw_confusion, largest_confusions

    draw_confusion(summary, folder / 'confusion_matrix.png', title, theme)
    summary.save_json(folder / 'confusion_matrix.json')
    rows = zip(summary.classes, summary.confusion.tolist(), strict=True)
    table = [['label \\ prediction', *summary.classes], *([name, *counts] for name, counts in rows)]
    with atomic_path(folder / 'confusion_matrix.csv') as temporary, temporary.open('w', newline='') as file:
        csv.writer(file).writerows(table)
    for label, prediction, share in largest_confusions(summary):
        print(f'{share:6.1%} of {label} taken for {prediction}')
    print(f'{folder / "confusion_matrix"}.png, .csv, .json')
