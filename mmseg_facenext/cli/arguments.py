"""Command line arguments that several commands share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from ..config.find import config_names
from ..config.option_values import option_value

LAUNCHERS = ('none', 'pytorch', 'slurm')
# What `read_checkpoint` takes.
CHECKPOINT = 'file, name of published weights (`facenext weights list`), or http address'


def add_config(parser: argparse.ArgumentParser, name: str = 'config', nargs: str | None = None) -> None:
    """Add `CONFIG`, the argument of `load_config`."""
    action = parser.add_argument(
        name,
        metavar=name.upper(),
        nargs=nargs,
        help='file, or the name of a config of this package; `facenext config` lists them',
    )
    action.completer = _complete_config  # type: ignore[attr-defined]  # argcomplete looks for it


def _complete_config(prefix: str, **_: Any) -> list[str]:
    from argcomplete.completers import FilesCompleter

    return [*config_names(), *FilesCompleter()(prefix)]


class KeyValueAction(argparse.Action):
    """Store `KEY=VALUE ...` as a dict. mmengine's `DictAction` drops spaces and splits paths at commas."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        options = dict(getattr(namespace, self.dest, None) or {})
        for item in values:
            key, equals, value = item.partition('=')
            if not (key and equals):
                raise argparse.ArgumentError(
                    self, f'expected KEY=VALUE, got {item!r} (quote a value with spaces: "KEY=a b")'
                )
            options[key] = option_value(value)
        setattr(namespace, self.dest, options)


def add_cfg_options(parser: argparse.ArgumentParser, example: str = 'model.backbone.with_cp=True') -> None:
    """Add `--cfg-options`, the changes that `load_config` applies."""
    parser.add_argument(
        '--cfg-options',
        '--options',  # mmsegmentation 0.x had both names
        nargs='+',
        action=KeyValueAction,
        metavar='KEY=VALUE',
        help=f'change settings of the config, e.g. {example}',
    )


def add_no_fuse(parser: argparse.ArgumentParser) -> None:
    """Add `--no-fuse`, which sets `fuse`, to commands that only run a model."""
    parser.add_argument(
        '--no-fuse',
        dest='fuse',
        action='store_false',
        help='run the modules as they were trained, instead of folding norms and scales into convolutions '
        '(slower; the output is the same up to rounding)',
    )


class ShapeAction(argparse.Action):
    """Store `HEIGHT WIDTH`, or one number for both, as (height, width)."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        if len(values) > 2:
            raise argparse.ArgumentError(self, f'expected height and width, got {len(values)} numbers')
        setattr(namespace, self.dest, (values[0], values[-1]))


def add_shape(parser: argparse.ArgumentParser) -> None:
    """Add `--shape`, the size of the network's input in pixels."""
    parser.add_argument(
        '--shape',
        type=at_least_one,
        nargs='+',
        action=ShapeAction,
        default=(512, 512),
        metavar='PIXELS',
        help='height and width, or one number for both; default 512',
    )


def at_least_one(text: str) -> int:
    """Parse a whole number of at least 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'expected a whole number of at least 1, got {text!r}')
    return int(text)


def fraction(text: str) -> float:
    """Parse a number between 0 and 1, both excluded."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f'expected a number between 0 and 1, got {text!r}')
    return value


def add_trust_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add `--trust-checkpoint` (the `trust` of `read_checkpoint`) and `--offline` to commands that read weights."""
    add_offline(parser)
    parser.add_argument(
        '--trust-checkpoint',
        action='store_true',
        help='read a checkpoint that holds Python objects too; runs whatever code its author put there',
    )


def add_offline(parser: argparse.ArgumentParser) -> None:
    """Add `--offline`, which sets FACENEXT_OFFLINE in this process and the processes that it starts."""
    parser.add_argument(
        '--offline',
        action=OfflineAction,
        help='download nothing: weights and addresses must be in the cache (as FACENEXT_OFFLINE=1)',
    )


class OfflineAction(argparse.Action):
    """Set the environment variable FACENEXT_OFFLINE."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        from ..checkpoints.download.cache import OFFLINE

        os.environ[OFFLINE] = '1'
        setattr(namespace, self.dest, True)


def add_run_arguments(parser: argparse.ArgumentParser, example: str) -> None:
    """Add the arguments that training and testing share: work dir, config options, launcher, checkpoints."""
    parser.add_argument(
        '--work-dir', help='folder for logs and what comes out (default: work_dirs/<config name>)'
    )
    add_cfg_options(parser, example)
    add_trust_checkpoint(parser)
    parser.add_argument(
        '--gpus',
        '--processes',
        type=at_least_one,
        metavar='N',
        help='start N processes, one per GPU, or CPU processes where there is no GPU (default: 1)',
    )
    parser.add_argument(
        '--launcher', choices=LAUNCHERS, default='none', help='of processes that torchrun or srun has started'
    )
    # torch's older launchers add it; the environment has it too.
    parser.add_argument('--local-rank', '--local_rank', type=int, help=argparse.SUPPRESS)
