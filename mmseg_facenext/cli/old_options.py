"""Refuse options of mmsegmentation 0.x's tools, naming what replaces each."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import UserError

GPUS = '--gpus 8 starts as many processes, CUDA_VISIBLE_DEVICES=1 chooses a GPU'
SCORES = 'use --eval mIoU mFscore mDice; the metric itself is test_evaluator in the config'
IN_TRAINING = {
    '--no-validate': 'use --cfg-options train_cfg.val_begin=1000000000',
    '--gpu-ids': GPUS,
    '--gpu-id': GPUS,
    '--diff-seed': 'use --cfg-options randomness.diff_rank_seed=True',
}
IN_TESTING = {
    '--format-only': 'use --out DIR, which writes the predictions as PNGs',
    '--show': 'use --show-dir DIR, which writes the pictures; no window is opened',
    '--opacity': 'leave it out: --show-dir DIR draws photo and labels so that both can be seen',
    '--eval-options': SCORES,
    '--gpu-collect': 'leave it out: processes add up their counts of pixels, nothing else is collected',
    '--tmpdir': 'leave it out: processes add up their counts of pixels, nothing is stored between them',
    '--gpu-id': GPUS,
}


def add_old_options(parser: argparse.ArgumentParser, remedies: dict[str, str]) -> None:
    """Add the options that `remedies` names; each is refused with its remedy.

    Raises:
        UserError: from `parse_args`, where one of them is given.
    """
    for option, remedy in remedies.items():
        spellings = {option, '--' + option.removeprefix('--').replace('-', '_')}
        parser.add_argument(
            *sorted(spellings), action=_SayInstead, nargs='*', remedy=remedy, help=argparse.SUPPRESS
        )


class _SayInstead(argparse.Action):
    def __init__(self, *args: Any, remedy: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remedy = remedy

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        raise UserError(f'{option_string} is an option of mmsegmentation 0.x: {self.remedy}')
