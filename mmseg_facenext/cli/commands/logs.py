"""Draw curves and list best values of trainings, from their JSON logs (mmengine's, and mmcv's 0.x).

    facenext logs work_dirs/mine
    facenext logs work_dirs/one work_dirs/other --keys mIoU loss decode.loss_ce --out both.png
    facenext logs old/20220301_120000.log.json --keys mIoU --legend 'as published'

A work dir may hold several logs: later ones continue the earlier ones from where they resumed.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('json_logs', nargs='+', metavar='LOG', help='work dirs or JSON logs')
    parser.add_argument(
        '--keys', nargs='+', metavar='KEY', help='what to draw; default: a score, the loss, the learning rate'
    )
    parser.add_argument('--title', help='of the picture')
    parser.add_argument('--legend', nargs='+', metavar='NAME', help='one for each log; default: its folder')
    parser.add_argument('--out', default='curves.png', help='picture to write, default %(default)s')


def main(args: argparse.Namespace) -> None:
    from ...analysis.training_logs import choose_quantities, read_histories, table
    from ...inference.results.saving import check_picture
    from ...visualization.training_curves import draw_curves

    out = check_picture(args.out)
    histories = read_histories(args.json_logs, args.legend)
    keys = choose_quantities(histories, args.keys)
    draw_curves(histories, keys, out, args.title)
    for name, history in histories.items():
        print(f'{name}: {history.describe()}')
    print(table(histories, keys))
    print(f'curves: {out}')
