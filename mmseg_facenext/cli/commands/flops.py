"""Count multiply-accumulates (MACs) and parameters of a config's model, by module.

    facenext flops CONFIG --shape 512 512
    facenext flops CONFIG --shape 1024 2048 --depth 3
    facenext flops CONFIG --shape 512 --json > cost.json

MACs are torchprofile's for one image; `mmseg_facenext/analysis/flops.py` says what it counts. Runs on the CPU.
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version

from ..arguments import add_cfg_options, add_config, add_shape

LESS_MEMORY = 'lower --shape'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    add_shape(parser)
    parser.add_argument('--depth', type=int, default=2, help='levels of modules to list, default %(default)s')
    parser.add_argument(
        '--json', action='store_true', help='print JSON, in numbers of MACs, for other programs'
    )
    add_cfg_options(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if args.depth < 0:
        parser.error(f'--depth must not be negative, got {args.depth}')


def main(args: argparse.Namespace) -> None:
    from ...analysis.flops import cost_table, measure_cost
    from ...config.load import load_config
    from ...inference.building import build_segmentor

    height, width = args.shape
    cfg = load_config(args.config, args.cfg_options, purpose='model')
    channels = cfg.model.backbone.get('in_channels', 3)
    cost = measure_cost(build_segmentor(cfg), height, width, channels)
    if args.json:
        print(
            json.dumps(
                {
                    'config': args.config,
                    'shape': cost.shape,
                    'macs': cost.macs,
                    'parameters': cost.parameters,
                    'modules': cost.root.to_dict(args.depth)['children'] if args.depth else [],
                    'not_counted': cost.uncounted,
                    'torchprofile': version('torchprofile'),
                },
                indent=2,
            )
        )
        return
    print(f'{args.config}, one image of {height}x{width} (HxW)\n')
    print(cost_table(cost, args.depth))
    print(f'\n{cost.macs / 1e9:.2f} G multiply-accumulates, {cost.parameters:,} parameters')
    print(f'counted by torchprofile {version("torchprofile")}', end='')
    print(
        f'; operators it does not know count as nothing: {", ".join(cost.uncounted)}'
        if cost.uncounted
        else ''
    )
