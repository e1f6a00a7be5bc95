"""Make a face parser within a time limit: draw faces with all cores, train, score, and write one file.

    python benchmarks/timed_face_parser.py OUT --minutes 9 --real DATA_ROOT
    python benchmarks/timed_face_parser.py OUT --minutes 15 --config efficientnet_lite0.128x128.drawnfaces.strong
    python benchmarks/timed_face_parser.py OUT --minutes 3 --faces POOL --draw-only    # fill the folder of faces

The first part of the time draws (`--drawing`), the rest trains; the learning rate falls with the time, not with the
iterations. OUT gets `face_parser.safetensors` (for `FaceParser(...)`), `scores.json` and the log of the training. Drawn
faces are kept in `--faces` and used again. DATA_ROOT as for benchmarks/real_faces.py.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmseg.registry import DATASETS
from real_faces import score_photos

from mmseg_facenext.checkpoints import read_checkpoint
from mmseg_facenext.checkpoints.publishing import publish
from mmseg_facenext.cli.arguments import add_cfg_options
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.network_file import describe_network
from mmseg_facenext.synthetic.faces import spread
from mmseg_facenext.taxonomy import CELEBAMASK_HQ
from mmseg_facenext.utils.cpu_count import usable_cores

ABOUT = 'Face parser, 19 classes of CelebAMask-HQ, trained on drawn faces only; see docs/model_card.md'
AFTERWARDS = 40  # seconds for the last validation, scoring and writing
# Share of the pictures that show a thing: CelebA's attributes (Liu et al., "Deep Learning Face Attributes in the Wild",
# ICCV 2015), and drawn faces, which show it more often than people do, so that it is learnt.
SHOWN = {'eye_g': (0.065, 0.18), 'hat': (0.049, 0.18), 'ear_r': (0.189, 0.27), 'neck_l': (0.123, 0.16)}


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--config', default='efficientnet_lite0.256x256.drawnfaces.strong')
    parser.add_argument('--minutes', type=float, default=9.0, help='for everything; default %(default)s')
    parser.add_argument(
        '--drawing', type=float, default=0.3, help='share of it for drawing; default %(default)s'
    )
    parser.add_argument('--draw-only', action='store_true', help='draw for the whole time, train nothing')
    parser.add_argument('--faces', help='folder of drawn faces; default OUT/faces')
    parser.add_argument('--photographs', help='folder of pictures without people, for backgrounds')
    parser.add_argument('--cores', type=int, default=usable_cores(), help='default: all, %(default)s')
    parser.add_argument('--real', metavar='DATA_ROOT', help='labelled photos to score')
    parser.add_argument(
        '--device', choices=('cpu', 'cuda'), default='cuda' if torch.cuda.is_available() else 'cpu'
    )
    parser.add_argument('--seed', type=int, default=0)
    add_cfg_options(parser)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    started = time.monotonic()
    args = parse_args(argv)
    if args.device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    out, end = Path(args.out), started + 60 * args.minutes
    out.mkdir(parents=True, exist_ok=True)
    cfg = load_config(args.config, {'work_dir': str(out / 'training'), **(args.cfg_options or {})})
    faces = cfg.train_dataloader.dataset
    faces.update(cache_dir=args.faces or str(out / 'faces'), photographs=args.photographs)
    share = 1 if args.draw_only else args.drawing
    faces.indices = draw(cfg, started + share * (end - started), args.cores)
    print(f'{len(faces.indices)} faces after {time.monotonic() - started:.0f} s', flush=True)
    if args.draw_only:
        return
    cfg.train_dataloader.num_workers = args.cores
    cfg.val_dataloader.num_workers = cfg.test_dataloader.num_workers = min(args.cores, 8)
    follow_the_clock(cfg, end - time.monotonic() - AFTERWARDS)
    network = describe_network(cfg)
    runner = train(cfg, amp='bf16' if args.device == 'cuda' else None, seed=args.seed)
    of_this_machine = dict.fromkeys(('cfg', 'experiment_name', 'mmengine_version', 'time', 'seed', 'epoch'))
    facts = {'network': network, 'license': 'Apache-2.0', 'about': ABOUT, **of_this_machine}
    target = out / 'face_parser.safetensors'
    weights = as_rare_as_in_photos(out / 'training' / f'iter_{runner.iter}.pth', out / 'adjusted.pth')
    publish(weights, target, half=True, facts=facts, hash_in_name=False)
    scores = {
        'faces': len(faces.indices),
        'iterations': runner.iter,
        'samples': runner.iter * cfg.train_dataloader.batch_size,
        'minutes': (time.monotonic() - started) / 60,
        'drawn_mIoU': runner.message_hub.get_scalar('val/mIoU').current(),
    }
    if args.real:
        summary, _ = score_photos(FaceParser(target, device=args.device), Path(args.real))
        print(summary.table())
        scores['real'] = summary.to_dict()
    (out / 'scores.json').write_text(json.dumps(scores, indent=1))
    print(f'{target}: {target.stat().st_size / 1e6:.1f} MB after {scores["minutes"]:.1f} minutes')


def draw(cfg: Config, until: float, cores: int) -> list[int]:
    """Draw faces into the folder with all cores until a time of `time.monotonic`; return the numbers that are there.

    Those that an earlier call drew count. At least one batch is there in the end. A face that cannot be drawn is a
    defect of the drawing: its traceback is printed, and the training goes without it.
    """
    settings = dict(cfg.train_dataloader.dataset)
    settings['pipeline'] = settings['pipeline'][:1]
    dataset = DATASETS.build(settings)
    files = [Path(dataset.get_data_info(n)['cached']) for n in range(len(dataset))]
    missing = [n for n, file in enumerate(files) if not file.exists()]
    batch, first = 16 * cores, len(files) == len(missing)
    while missing and (time.monotonic() < until or first):
        now, missing, first = missing[:batch], missing[batch:], False
        for failure in spread(_Keep(dataset), now, cores):
            if failure:
                print(failure, flush=True)
    return [n for n, file in enumerate(files) if file.exists()]


class _Keep:
    """Load a face of a data set, so that its folder has it; return the traceback where it cannot be drawn."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __call__(self, number: int) -> str:
        try:
            self.dataset[number]
        except Exception:
            return f'face {number}: {traceback.format_exc()}'
        return ''


def as_rare_as_in_photos(source: Path, target: Path) -> Path:
    """Write a checkpoint whose network expects glasses, hats and jewellery as often as photos show them.

    The logarithm of the ratio of the two frequencies goes into the bias of the class (Saerens et al., "Adjusting the
    outputs of a classifier to new a priori probabilities", Neural Computation, 2002).
    """
    checkpoint = read_checkpoint(source)
    bias = checkpoint['state_dict']['decode_head.conv_seg.bias']
    for name, (photos, drawn) in SHOWN.items():
        bias[CELEBAMASK_HQ.classes.index(name)] += math.log(photos / drawn)
    torch.save(checkpoint, target)
    return target


def follow_the_clock(cfg: Config, seconds: float) -> None:
    """Make the config's training end by time instead of iterations, with one validation and one checkpoint."""
    never = 10**9
    cfg.param_scheduler = None
    cfg.train_cfg.update(max_iters=never, val_interval=never)
    cfg.default_hooks.checkpoint.update(interval=never, max_keep_ckpts=1, save_best=None, save_last=True)
    cfg.custom_hooks.append(dict(type='TimeLimitHook', seconds=seconds))


if __name__ == '__main__':
    run_tool(main)
