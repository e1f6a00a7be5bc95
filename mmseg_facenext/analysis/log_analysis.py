"""Trainings side by side: what their logs have in common, as a table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from prettytable import PrettyTable

from ..errors import UserError
from .training_history import TrainingHistory, read_history

SCORES = ('mIoU', 'mFscore', 'mDice', 'accuracy/top1')
RATES = ('base_lr', 'lr')  # 'lr' is that of the first parameter, which may have a factor of its own
SAYS_NOTHING = re.compile(r'vis_data|scalars\.json|\d{8}_\d{6}(\.log)?(\.json)?')
Histories = Mapping[str, TrainingHistory]


def read_histories(paths: Sequence[str], names: Sequence[str] | None = None) -> dict[str, TrainingHistory]:
    """Name of each training to its history.

    Args:
        paths: work dirs or log files, see `read_history`.
        names: None takes those of the work dirs.

    Raises:
        UserError: a path is missing or has no log of a training; there are not as many names, or one is
            there twice.
    """
    names = _names(paths) if names is None else names
    if len(names) != len(paths):
        raise UserError(f'{len(names)} names for {len(paths)} logs: --legend takes one for each')
    if len(set(names)) < len(names):
        raise UserError(f'the names {", ".join(names)} are not all different')
    histories = {}
    for name, path in zip(names, paths, strict=True):
        if not Path(path).exists():
            raise UserError(f'no work dir or log file {path}')
        histories[name] = read_history(path)
        if not histories[name].train:
            raise UserError(
                f'no training was logged in {path}: looked for <time>/vis_data/scalars.json and <time>.log.json '
                'with training iterations'
            )
    return histories


def _names(paths: Sequence[str]) -> list[str]:
    """The work dirs' names; whole paths where these are not all different."""
    told = [
        [part for part in Path(path).resolve().parts if not SAYS_NOTHING.fullmatch(part)] for path in paths
    ]
    names = [parts[-1] for parts in told]
    return names if len(set(names)) == len(names) else [str(Path(path)) for path in paths]


def choose_quantities(histories: Histories, wanted: Sequence[str] | None) -> list[str]:
    """`wanted`, or by default a score, the loss and the learning rate, as far as they were logged.

    Raises:
        UserError: one of `wanted` is in none of the logs; the message lists what is.
    """
    known = list(dict.fromkeys(name for history in histories.values() for name in history.quantities()))
    if wanted is None:
        groups = (SCORES, ('loss',), RATES)
        # Of two names for one thing the one that more of the trainings logged.
        shared = [max(group, key=lambda name: _logged_by(name, histories)) for group in groups]
        return [name for name in shared if name in known]
    for name in wanted:
        if name not in known:
            similar = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean {similar[0]}?' if similar else ''
            raise UserError(f'{name} was not logged{hint} There are: {", ".join(known)}')
    return list(dict.fromkeys(wanted))


def _logged_by(name: str, histories: Histories) -> int:
    return sum(name in history.quantities() for history in histories.values())


def best(name: str, history: TrainingHistory) -> tuple[float, float] | None:
    """Iteration and value: of a loss the lowest, of a score the highest; None where neither would be best."""
    steps, values = history.curve(name)
    if not len(values):
        return None
    if 'loss' in name:
        place = int(np.argmin(values))
    elif is_score(name, history):
        place = int(np.argmax(values))
    else:
        return None
    return float(steps[place]), float(values[place])


def is_score(name: str, history: TrainingHistory) -> bool:
    """Whether it comes from validation alone."""
    return not any(name in record for record in history.train)


def table(histories: Histories, quantities: Sequence[str]) -> str:
    """Last and best value of each quantity in each training."""
    rows = PrettyTable(['training', 'quantity', 'last', 'best', 'at iteration'], align='r')
    rows.align['training'] = rows.align['quantity'] = 'l'
    for name, history in histories.items():
        for quantity in quantities:
            _, values = history.curve(quantity)
            last = f'{values[-1]:.5g}' if len(values) else '-'
            found = best(quantity, history)
            rows.add_row([name, quantity, last, *(('-', '-') if found is None else _best_cells(found))])
    return rows.get_string()


def _best_cells(found: tuple[float, float]) -> tuple[str, str]:
    step, value = found
    return f'{value:.5g}', f'{step:,.0f}'


def describe(history: TrainingHistory) -> str:
    """Length, resumes, time of an iteration and memory of a training in one line."""
    parts = [f'{history.train[-1]["step"]:,.0f} iterations']
    if history.resumed:
        parts.append(f'resumed after {", ".join(f"{step:,}" for step in history.resumed)}')
    _, times = history.curve('time')
    _, waits = history.curve('data_time')
    if len(times):
        waiting = f', {waits.mean() / times.mean():.0%} of it waiting for data' if len(waits) else ''
        parts.append(f'{times.mean():.3f} s an iteration (mean of {len(times)} log lines{waiting})')
    _, memory = history.curve('memory')
    if len(memory):
        parts.append(f'{memory.max():,.0f} MB at most')
    return ', '.join(parts)
