"""Which classes are taken for which: confusion matrix of predictions or of a checkpoint.

    python tools/confusion_matrix.py CONFIG CHECKPOINT --save-dir work_dirs/mine
    python tools/test.py CONFIG CHECKPOINT --out predictions && \\
        python tools/confusion_matrix.py CONFIG predictions --save-dir work_dirs/mine

Writes confusion_matrix.png (each row adds up to 100%), .csv (pixel counts) and .json (counts and scores).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

from rich.progress import track

from mmseg_facenext.cli.arguments import add_cfg_options, add_no_fuse, add_trust_checkpoint
from mmseg_facenext.cli.run import run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.predicting import summarize_predictions
from mmseg_facenext.engine.testing import summarize
from mmseg_facenext.evaluation import EvaluationSummary
from mmseg_facenext.utils.atomic import atomic_path
from mmseg_facenext.visualization.score_charts import check_theme, draw_confusion, largest_confusions


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', metavar='CONFIG')
    parser.add_argument(
        'prediction', metavar='PREDICTION', help='checkpoint, or folder of PNGs from tools/test.py --out'
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
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
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
    draw_confusion(summary, folder / 'confusion_matrix.png', title, theme)
    summary.save_json(folder / 'confusion_matrix.json')
    with atomic_path(folder / 'confusion_matrix.csv') as temporary, temporary.open('w', newline='') as file:
        rows = zip(summary.classes, summary.confusion.tolist(), strict=True)
        csv.writer(file).writerows(
            [['label \\ prediction', *summary.classes], *([name, *row] for name, row in rows)]
        )
    for label, prediction, share in largest_confusions(summary):
        print(f'{share:6.1%} of {label} taken for {prediction}')
    print(f'{folder / "confusion_matrix"}.png, .csv, .json')


if __name__ == '__main__':
    run_tool(main, less_memory='set test_dataloader.batch_size=1 (--cfg-options)')
