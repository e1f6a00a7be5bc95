"""Measure the speed of a config's model: images per second (FPS), median and spread.

    facenext bench CONFIG
    facenext bench CONFIG CHECKPOINT --shape 1024 2048 --batch-size 4 --amp bf16
    facenext bench CONFIG --device cpu --threads 1 --json > speed.json

Two things are timed alternately: the network alone (to logits at the head's resolution), and the network with
upsampling to the input's size and argmax. Reading and resizing pictures is not timed. Weights do not change
the speed, so that a checkpoint is optional.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..arguments import (
    CHECKPOINT,
    add_cfg_options,
    add_config,
    add_no_fuse,
    add_shape,
    add_trust_checkpoint,
    at_least_one,
)

if TYPE_CHECKING:
    from ...analysis.timing import Comparison

LESS_MEMORY = 'lower --shape or --batch-size, or add --amp bf16'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument('checkpoint', metavar='CHECKPOINT', nargs='?', help=CHECKPOINT)
    add_shape(parser)
    parser.add_argument('--batch-size', type=at_least_one, default=1, help='default %(default)s')
    parser.add_argument('--device', help='cpu, cuda, cuda:1, ...; default: the GPU if there is one')
    parser.add_argument('--threads', type=at_least_one, help="of the CPU; default: PyTorch's choice")
    parser.add_argument('--amp', choices=('bf16', 'fp16'), help='autocast; default: float32 throughout')
    parser.add_argument('--compile', action='store_true', help='torch.compile the network')
    add_no_fuse(parser)
    parser.add_argument('--repeat-times', type=at_least_one, default=3, help='runs, default %(default)s')
    parser.add_argument('--passes', type=at_least_one, default=20, help='in each run, default %(default)s')
    parser.add_argument('--warmup', type=at_least_one, default=5, help='passes before, default %(default)s')
    parser.add_argument(
        '--log-interval', type=at_least_one, default=50, help='passes between lines, default %(default)s'
    )
    parser.add_argument('--json', action='store_true', help='print JSON, for other programs')
    add_trust_checkpoint(parser)
    add_cfg_options(parser)


def main(args: argparse.Namespace) -> None:
    import torch

    from ...analysis.model_timing import time_model
    from ...analysis.timing import hardware
    from ...checkpoints import load_weights
    from ...config.load import load_config
    from ...engine.compiling import compile_segmentor
    from ...inference.building import build_segmentor
    from ...inference.torch_network import choose_device
    from ...models.fused import fuse

    device = choose_device(args.device)
    if args.threads:
        torch.set_num_threads(args.threads)
    cfg = load_config(args.config, args.cfg_options, purpose='model')
    model = build_segmentor(cfg)
    if args.checkpoint:
        load_weights(model, args.checkpoint, trust=args.trust_checkpoint)
    model = (fuse(model) if args.fuse else model).eval().to(device)
    if args.compile:
        compile_segmentor(model)
    shape = (args.batch_size, cfg.model.backbone.get('in_channels', 3), *args.shape)
    conditions = {
        'config': args.config,
        'checkpoint': args.checkpoint or 'none (random weights)',
        'shape': f'{"x".join(map(str, shape))} (NxCxHxW)',
        'test_cfg': dict(model.test_cfg),
        'fused': args.fuse,
        'compiled': args.compile,
        'hardware': hardware(device, args.amp or 'fp32'),
    }
    if not args.json:
        print('\n'.join(f'{name}: {value}' for name, value in conditions.items()))
    runs = time_model(
        model,
        shape,
        precision=args.amp or 'fp32',
        passes=args.passes,
        repeat_times=args.repeat_times,
        warmup=args.warmup,
        log_interval=args.log_interval,
        tell=lambda stage, times: args.json or print(f'{stage}: {frames(times, args.batch_size)}'),
    )
    report(runs, args.batch_size, conditions if args.json else None)


def frames(times: Comparison, images: int) -> str:
    return ', '.join(f'{name} {images / timing.median:.2f} FPS' for name, timing in times.items())


def report(runs: Sequence[Comparison], images: int, conditions: dict | None) -> None:
    """Print all runs together: as JSON with `conditions`, or without them as text."""
    from ...analysis.model_timing import LABELS, NETWORK, WHAT
    from ...analysis.timing import TOO_NOISY, joined, too_noisy

    times = joined(runs)
    if conditions is not None:
        results = {
            name: {
                'what': WHAT[name],
                'fps': images / timing.median,
                'fps_of_runs': [images / run[name].median for run in runs],
                **timing.to_dict(),
            }
            for name, timing in times.items()
        }
        print(json.dumps({**conditions, 'results': results}, indent=2))
        return
    if (
        any(too_noisy(timing.seconds) for timing in times.values())
        or times[LABELS].median < times[NETWORK].median
    ):
        print(f'\n{TOO_NOISY}: other programs use the processor, the numbers below mean little')
    print(f'\nMedian of {len(runs)} runs of {len(runs[0]["network"].seconds)} passes')
    for name, timing in times.items():
        low, high = (1e3 * quartile for quartile in timing.quartiles)
        speeds = [images / run[name].median for run in runs]
        print(
            f'{name}: {images / timing.median:.2f} FPS (runs {min(speeds):.2f} to {max(speeds):.2f}), '
            f'{1e3 * timing.median:.2f} ms a batch (half of them {low:.2f} to {high:.2f})\n    {WHAT[name]}'
        )
