"""Write a trained model as a file for ONNX Runtime or OpenVINO, which need no PyTorch.

    facenext export CONFIG CHECKPOINT --format onnx
    facenext export CONFIG CHECKPOINT --format openvino --dynamic --out work_dirs/face.xml
    facenext export CONFIG CHECKPOINT --format onnx --shape 256 256 --images photos/

The file is checked before it gets its name: in float32 at least 99.9 % of the pixels must get PyTorch's label.
`FaceParser('work_dirs/face.xml')` runs it; docs/deploy.md says how to do that without PyTorch.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ...config.find import find_config
from ...utils.cpu_count import usable_cores
from ..arguments import (
    CHECKPOINT,
    add_cfg_options,
    add_config,
    add_no_fuse,
    add_trust_checkpoint,
    at_least_one,
)

LESS_MEMORY = 'lower --shape'

SUFFIXES = {'onnx': '.onnx', 'openvino': '.xml'}
DRAWN_FACES = 4
LEAST_SIDE, LARGEST_SIDE = 32, 8192  # 32 are one pixel of the last stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument('checkpoint', metavar='CHECKPOINT', help=CHECKPOINT)
    parser.add_argument('--format', choices=SUFFIXES, help='default: what --out ends in, else onnx')
    parser.add_argument('--out', metavar='FILE', help='default: <work dir of the config>/<its name>.onnx')
    parser.add_argument(
        '--dynamic', action='store_true', help='take any number of photos of any size; default: one of one'
    )
    parser.add_argument(
        '--shape', type=pixels, nargs=2, metavar=('H', 'W'), help='the network sees; default: the config says'
    )
    parser.add_argument(
        '--images', nargs='+', metavar='IMAGE', help='photos or folders to check on; default: 4 drawn faces'
    )
    parser.add_argument(
        '--threads', type=at_least_one, default=usable_cores(), help='to time with; default: all'
    )
    add_no_fuse(parser)
    add_trust_checkpoint(parser)
    add_cfg_options(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if args.out and args.format and Path(args.out).suffix != SUFFIXES[args.format]:
        parser.error(f'--format {args.format} writes {SUFFIXES[args.format]} files, --out is {args.out}')


def pixels(text: str) -> int:
    value = at_least_one(text)
    if not LEAST_SIDE <= value <= LARGEST_SIDE:
        raise argparse.ArgumentTypeError(f'expected {LEAST_SIDE} to {LARGEST_SIDE} pixels, got {value}')
    return value


def main(args: argparse.Namespace) -> None:
    import torch

    from ...config.load import load_config
    from ...deploy.export import export
    from ...inference.photos import find_photos
    from ...synthetic.drawing import draw_face
    from ...synthetic.faces import face_rng

    torch.set_num_threads(args.threads)
    cfg = load_config(args.config, args.cfg_options, purpose='model')
    file = Path(
        args.out or Path(cfg.work_dir, f'{find_config(args.config).stem}{SUFFIXES[args.format or "onnx"]}')
    )
    photos: list[Any]
    if args.images:
        photos = find_photos(args.images)
    else:
        photos = [draw_face(face_rng(0, n), 512)[0] for n in range(DRAWN_FACES)]
        print(f'no --images: checking on {DRAWN_FACES} drawn faces')
    report = export(
        cfg,
        args.checkpoint,
        file,
        photos,
        dynamic=args.dynamic,
        shape=args.shape and tuple(args.shape),
        fuse=args.fuse,
        trust=args.trust_checkpoint,
    )
    print(f'{file}: {report}')
