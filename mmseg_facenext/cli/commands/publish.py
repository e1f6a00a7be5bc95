"""Make the file to publish from a checkpoint: weights, classes and config, without optimizer and logs.

    facenext publish work_dirs/mine/iter_160000.pth segnext.tiny.celebamaskhq.pth
    facenext publish work_dirs/mine/best_mIoU_iter_150000.pth weights/segnext.tiny.safetensors
    facenext publish work_dirs/mine/iter_900.pth mine.safetensors --config CONFIG --half

The first 8 hex digits of the file's SHA-256 are added to its name: segnext.tiny.celebamaskhq-abcdef12.pth
With --config the file alone labels photos: FaceParser('mine-abcdef12.safetensors').
"""

from __future__ import annotations

import argparse

from ..arguments import CHECKPOINT, add_cfg_options, add_trust_checkpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('in_file', metavar='IN', help=f'checkpoint: {CHECKPOINT}')
    parser.add_argument('out_file', metavar='OUT', help='name without hash, ends in .pth or .safetensors')
    parser.add_argument(
        '--config',
        help='.safetensors: store the network of this config, so that the file alone labels photos',
    )
    parser.add_argument('--half', action='store_true', help='kernels and matrices as float16: half the size')
    parser.add_argument('--no-hash', action='store_true', help='name the file OUT, also over an earlier one')
    parser.add_argument('--license', help='of the weights, to store in the file, e.g. Apache-2.0')
    parser.add_argument(
        '--about', help='a sentence to store in the file: what they learnt from, where to read more'
    )
    add_cfg_options(parser)
    add_trust_checkpoint(parser)


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if args.config and not args.out_file.endswith('.safetensors'):
        parser.error(f'--config is for OUT that ends in .safetensors, got {args.out_file}')
    if args.cfg_options and not args.config:
        parser.error('--cfg-options change what --config stores: give that, too')


def main(args: argparse.Namespace) -> None:
    from ...checkpoints.publishing import publish

    facts = {name: value for name in ('license', 'about') if (value := getattr(args, name))}
    if args.config:
        from ...config.load import load_config
        from ...inference.network_file import describe_network

        facts['network'] = describe_network(load_config(args.config, args.cfg_options, purpose='model'))
    published = publish(
        args.in_file,
        args.out_file,
        trust=args.trust_checkpoint,
        half=args.half,
        facts=facts,
        hash_in_name=not args.no_hash,
    )
    for note in published.notes:
        print(note)
    before = f'{published.size_before / 1e6:.1f} MB -> ' if published.size_before else ''
    print(f'{published.path}: {before}{published.size_after / 1e6:.1f} MB')
