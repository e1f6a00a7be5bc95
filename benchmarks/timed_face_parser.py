"""A face parser within a time limit: draw with all cores, train, score, and write one file that labels photos.

    python benchmarks/timed_face_parser.py OUT --minutes 9 --real DATA_ROOT
    python benchmarks/timed_face_parser.py OUT --minutes 15 --config efficientnet_lite0.128x128.drawnfaces.strong
    python benchmarks/timed_face_parser.py OUT --minutes 3 --device cpu       # a rehearsal

Drawing takes `--drawing` of the time; then a few iterations tell how many fit, and the schedule is made for those.
OUT gets `face_parser.safetensors` (FaceParser(...) takes it), `scores.json` and the log; drawn faces lie in --faces
and are used again. DATA_ROOT as for benchmarks/real_faces.py.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import torch
from mmengine.config import Config
from mmseg.registry import DATASETS
from real_faces import score_photos

from mmseg_facenext.checkpoints.publishing import publish
from mmseg_facenext.cli.arguments import add_cfg_options
from mmseg_facenext.cli.run import ArgumentParser, run_tool
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.network_file import describe_network
from mmseg_facenext.synthetic.faces import spread
from mmseg_facenext.utils.cpu_count import usable_cores

TRIAL = 40  # iterations that tell the speed, the first half of which does not count
AFTERWARDS = 45  # seconds for the last validation, scoring and writing


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--config', default='segnext.tiny.256x256.drawnfaces.strong.40k')
    parser.add_argument('--minutes', type=float, default=9.0, help='for everything; default %(default)s')
    parser.add_argument(
        '--drawing', type=float, default=0.3, help='share of it for drawing; default %(default)s'
    )
    parser.add_argument('--faces', help='folder for drawn faces; default OUT/faces')
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
    cfg.train_dataloader.dataset.cache_dir = args.faces or str(out / 'faces')
    cfg.train_dataloader.num_workers = usable_cores()
    cfg.val_dataloader.num_workers = cfg.test_dataloader.num_workers = usable_cores()
    drawn = draw(cfg, started + 60 * args.minutes * args.drawing)
    cfg.train_dataloader.dataset.count = drawn
    amp = 'bf16' if args.device == 'cuda' else None
    seconds = seconds_per_iteration(cfg, out / 'trial', amp)
    iterations = max(TRIAL, int((end - time.monotonic() - AFTERWARDS) / seconds))
    print(f'{drawn} faces drawn; {iterations} iterations of {seconds:.3f} s', flush=True)
    schedule(cfg, iterations)
    train(cfg, amp=amp, seed=args.seed)
    facts = {'network': describe_network(cfg), 'license': 'Apache-2.0', 'about': 'trained on drawn faces'}
    checkpoint = out / 'training' / f'iter_{iterations}.pth'
    target = out / 'face_parser.safetensors'
    publish(checkpoint, target, half=True, facts=facts, hash_in_name=False)
    scores = {'faces': drawn, 'iterations': iterations, 'minutes': (time.monotonic() - started) / 60}
    if args.real:
        summary, _ = score_photos(FaceParser(target, device=args.device), Path(args.real))
        print(summary.table())
        scores['real'] = summary.to_dict()
    (out / 'scores.json').write_text(json.dumps(scores, indent=1))
    print(f'{target}: {target.stat().st_size / 1e6:.1f} MB after {scores["minutes"]:.1f} minutes')


def draw(cfg: Config, until: float) -> int:
    """Draw faces into the cache with all cores until then; give how many from the first on are there."""
    settings = dict(cfg.train_dataloader.dataset)
    settings['pipeline'] = settings['pipeline'][:1]
    dataset = DATASETS.build(settings)
    batch, drawn = 64 * usable_cores(), 0
    while drawn < len(dataset) and (time.monotonic() < until or not drawn):
        numbers = list(range(drawn, min(drawn + batch, len(dataset))))
        for _ in spread(_Keep(dataset), numbers, usable_cores()):
            pass
        drawn = numbers[-1] + 1
    return drawn


class _Keep:
    """Loads a face of a data set, so that its cache has it, and gives nothing back."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __call__(self, number: int) -> None:
        self.dataset[number]


def seconds_per_iteration(cfg: Config, work_dir: Path, amp: str | None) -> float:
    trial = deepcopy(cfg)
    trial.work_dir = str(work_dir)
    schedule(trial, TRIAL)
    trial.train_cfg.val_interval = TRIAL + 1  # no validation
    trial.default_hooks.logger.interval = TRIAL // 2
    runner = train(trial, amp=amp, seed=0)
    return float(runner.message_hub.get_scalar('train/time').mean(TRIAL // 2))


def schedule(cfg: Config, iterations: int) -> None:
    """Make the config's schedule that long; its warm-up takes at most a tenth."""
    warm_up, decay = cfg.param_scheduler
    warm_up.end = min(warm_up.end, iterations // 10 + 1)
    decay.end = iterations + 1
    cfg.train_cfg.update(max_iters=iterations, val_interval=iterations)
    cfg.default_hooks.checkpoint.update(interval=iterations, max_keep_ckpts=1, save_best=None)
    for hook in cfg.custom_hooks:
        if hook.type == 'FaceEMAHook':  # an average over the last tenth
            hook.momentum = min(0.05, 10 / iterations)


if __name__ == '__main__':
    run_tool(main)
