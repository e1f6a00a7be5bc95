"""Train a model.

    facenext train CONFIG
    facenext train CONFIG --gpus 8
    facenext train CONFIG --amp bf16 --work-dir work_dirs/mine --cfg-options train_dataloader.batch_size=4
    facenext train CONFIG --work-dir work_dirs/mine --resume

Checkpoints, logs, training_curve.png and per_class_val.png go to the work dir.
"""

from __future__ import annotations

import argparse

from ..arguments import add_config, add_run_arguments, at_least_one, fraction
from ..old_options import IN_TRAINING, add_old_options

LESS_MEMORY = 'lower train_dataloader.batch_size, set model.backbone.with_cp=True, or add --amp bf16'
PRECISIONS = ('bf16', 'fp16')
LOGGERS = ('wandb', 'mlflow', 'tensorboard')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument(
        '--resume',
        '--auto-resume',
        action='store_true',
        help='go on from the last checkpoint in the work dir',
    )
    parser.add_argument('--resume-from', metavar='CKPT', help='go on from this checkpoint')
    parser.add_argument('--load-from', metavar='CKPT', help='start anew from the weights of this checkpoint')
    parser.add_argument('--amp', choices=PRECISIONS, help='mixed precision; bf16 works on CPUs too')
    parser.add_argument('--compile', action='store_true', help='torch.compile the network')
    parser.add_argument('--seed', type=int, help='random seed (default: a new one every time)')
    parser.add_argument('--deterministic', action='store_true', help='deterministic algorithms only (slower)')
    parser.add_argument(
        '--accumulate', type=at_least_one, metavar='N', help='one update from the gradients of N iterations'
    )
    parser.add_argument(
        '--ema',
        type=fraction,
        nargs='?',
        const=0.0002,
        metavar='SHARE',
        help='validate and save a moving average of the weights, which every iteration moves by this share '
        '(%(const)s if none is given)',
    )
    parser.add_argument(
        '--profile', action='store_true', help='write a trace of a few iterations and show where time goes'
    )
    parser.add_argument(
        '--overfit',
        type=at_least_one,
        metavar='N',
        help='train on the first N images and validate on the same: can the model learn them at all?',
    )
    parser.add_argument(
        '--balance',
        nargs='?',
        const='both',
        choices=('weights', 'sampling', 'both'),
        help='let rare classes count more: weights in the loss, photos drawn more often, or both (default)',
    )
    parser.add_argument(
        '--early-stop',
        type=at_least_one,
        metavar='N',
        help='end when the score has not risen in N validations',
    )
    parser.add_argument(
        '--log',
        nargs='+',
        default=(),
        choices=LOGGERS,
        help='write the log there too (pip install wandb, mlflow)',
    )
    parser.add_argument(
        '--freeze', nargs='+', metavar='MODULE', help='modules that stay as they are, e.g. backbone'
    )
    add_old_options(parser, IN_TRAINING)
    add_run_arguments(parser, example='train_dataloader.batch_size=4 model.backbone.init_cfg=None')


def main(args: argparse.Namespace) -> None:
    from ...config.load import load_config
    from ...engine.training import log_interruption, train

    cfg = load_config(args.config, args.cfg_options)
    if args.work_dir:
        cfg.work_dir = args.work_dir
    try:
        train(
            cfg,
            launcher=args.launcher,
            resume=args.resume_from or args.resume or None,
            load_from=args.load_from,
            amp=args.amp,
            compile=args.compile or None,
            seed=args.seed,
            deterministic=args.deterministic or None,
            trust=args.trust_checkpoint,
            accumulate=args.accumulate,
            ema=args.ema,
            profile=args.profile,
            overfit=args.overfit,
            balance=args.balance,
            early_stop=args.early_stop,
            log=args.log,
            freeze=args.freeze,
        )
    except KeyboardInterrupt:
        log_interruption(cfg)
        raise
