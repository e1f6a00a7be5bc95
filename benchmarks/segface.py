"""Speed and memory of SegFace against the same formulas written plainly, with the same weights.

    python benchmarks/segface.py                            # MobileNetV3 at 512x512, on the GPU if there is one
    python benchmarks/segface.py --backbone swin_v2_t --size 256 --threads 1

`benchmarks/plain_segface.py` is the plain side: it stores attention weights, computes the position grid in every
forward pass, and enlarges maps before it fuses them. Outputs are compared first. Memory is the peak of what
each side adds to its weights and its input, each in a process of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import mmseg_facenext.register  # noqa: F401  isort: skip  -- before mmseg, whose remarks it silences

import torch
from mmengine.registry import init_default_scope
from mmseg.models import EncoderDecoder
from plain_segface import PlainSegFace
from torch import Tensor, multiprocessing, nn

from mmseg_facenext.analysis.timing import compare, hardware
from mmseg_facenext.checkpoints import load_checkpoint_into
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.models import fuse
from mmseg_facenext.models.backbones.torchvision_features import TAPS

CLASSES = 19
STAGES = ('0.1', '0.3', '0.5', '0.7')
PUBLISHED_TAPS = {
    'mobilenet_v3_large': ('3', '6', '12', '16'),
    'efficientnet_v2_m': ('2', '3', '5', '8'),
    'resnet101': ('4', '5', '6', '7'),
}
SIDES = ('plain', 'ours', 'ours, fused')


def build(name: str, device: torch.device) -> dict[str, nn.Module]:
    """Return the sides, with the same weights; the last one is for inference only."""
    torch.manual_seed(0)
    plain = PlainSegFace(name, PUBLISHED_TAPS.get(name, STAGES), TAPS[name].channels)
    init_default_scope('mmseg')
    ours = EncoderDecoder(
        backbone=dict(type='TorchvisionFeatures', name=name),
        decode_head=dict(type='SegFaceHead', in_channels=TAPS[name].channels, num_classes=CLASSES),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    )
    load_checkpoint_into(ours, {'state_dict_backbone': plain.state_dict()}, 'plain')
    return {side: model.to(device) for side, model in zip(SIDES, (plain, ours, fuse(ours)), strict=True)}


def inference(model: nn.Module, images: Tensor) -> Callable[[], Tensor]:
    model.eval()

    @torch.inference_mode()
    def run() -> Tensor:
        return model(images)

    return run


def training(model: nn.Module, images: Tensor) -> Callable[[], None]:
    """Return one forward and one backward pass, without a loss's own cost."""
    model.train()

    def run() -> None:
        model.zero_grad()
        model(images).square().mean().backward()

    return run


STEPS = {'inference': inference, 'training': training}


def peak_memory(side: str, step: str, args: argparse.Namespace) -> float:
    """MB that a few steps of one side need above its weights, in a fresh process."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(_peak_memory, (side, step, args))


def _peak_memory(side: str, step: str, args: argparse.Namespace) -> float:
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    images = torch.rand(args.batch, 3, args.size, args.size, device=device)
    run = STEPS[step](build(args.backbone, device)[side], images)
    before = torch.cuda.memory_allocated() if device.type == 'cuda' else _resident('VmRSS')
    for _ in range(2):
        run()
    after = torch.cuda.max_memory_allocated() if device.type == 'cuda' else _resident('VmHWM')
    return (after - before) / 2**20


def _resident(what: str) -> int:
    """Bytes of memory that this process holds ('VmRSS'), or held at most ('VmHWM'), as Linux says."""
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--backbone', default='mobilenet_v3_large', choices=TAPS, help='default %(default)s')
    parser.add_argument('--size', type=int, default=512, help='height and width, default 512')
    parser.add_argument('--batch', type=int, default=1, help='images, default 1')
    parser.add_argument('--repeats', type=int, default=10, help='rounds of timing, default 10')
    parser.add_argument(
        '--threads', type=int, default=torch.get_num_threads(), help="of the CPU, default: PyTorch's choice"
    )
    parser.add_argument(
        '--device',
        default='cuda' if torch.cuda.is_available() else 'cpu',
        help='default: the GPU if there is one',
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    images = torch.rand(args.batch, 3, args.size, args.size, device=device)
    print(
        f'SegFace with {args.backbone}, {args.batch} image(s) of {args.size}x{args.size}, {CLASSES} classes'
    )
    print(hardware(device))
    models = build(args.backbone, device)
    expected, *others = (inference(model, images)() for model in models.values())
    for other in others:
        torch.testing.assert_close(other, expected, atol=1e-4, rtol=1e-4)
    print(f'outputs equal to {max((other - expected).abs().max().item() for other in others):.1e}')
    for step, make in STEPS.items():
        sides = SIDES if step == 'inference' else SIDES[:2]
        times = compare({side: make(models[side], images) for side in sides}, args.repeats, warmup=2)
        print(f'\n{step}\n{times.table()}')
        for side in sides:
            print(f'{side:<11}  {peak_memory(side, step, args):9.0f} MB at the peak')


if __name__ == '__main__':
    run_tool(main)
