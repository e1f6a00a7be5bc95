"""Read the JSON logs of trainings over all resumes: mmengine's and those of mmcv 0.x."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..utils.text_table import text_table

SCORES = ('mIoU', 'mFscore', 'mDice', 'accuracy/top1')
RATES = ('base_lr', 'lr')  # 'lr' is that of the first parameter, which may have a factor of its own
SCORE_OF_0X = re.compile(r'aAcc|m[A-Z]|(IoU|Acc|Dice|Fscore|Precision|Recall)\.')
# Where the logs of a work dir, of one run in it and of mmcv 0.x lie; each begins with the time of its start.
PLACES = ('*/vis_data/scalars.json', '*.log.json'), ('vis_data/scalars.json',), ('scalars.json',)
NO_NAME = re.compile(r'vis_data|scalars\.json|\d{8}_\d{6}(\.log)?(\.json)?')
LOGS = '<work dir>/<time>/vis_data/scalars.json or <time>.log.json'
Record = dict[str, float]  # one line of a log: names and values, with the iteration as 'step'


@dataclass
class TrainingHistory:
    """Log records in the order of iterations, each iteration as the last run saw it."""

    train: list[Record] = field(default_factory=list)
    val: list[Record] = field(default_factory=list)
    resumed: list[int] = field(default_factory=list)  # the last iterations before each resume

    def append(self, train: list[Record], val: list[Record]) -> None:
        """Add a later run; it replaces what earlier runs logged from its first iteration on."""
        first = train[0]['step']
        self.train = [record for record in self.train if record['step'] < first]
        self.val = [record for record in self.val if record['step'] < first]
        self.resumed = [step for step in self.resumed if step < first]
        if self.train:
            self.resumed.append(int(self.train[-1]['step']))
        self.train += train
        self.val += val

    def losses(self) -> list[str]:
        """Return the names of the losses, the total first; a single part, being the total itself, is left out."""
        parts = [name for name in self.quantities() if 'loss' in name and name != 'loss']
        return ['loss', *parts] if len(parts) > 1 else ['loss']

    def quantities(self) -> list[str]:
        """Return the names of all that was logged, in the order of appearance."""
        names = dict.fromkeys(name for record in (*self.train, *self.val) for name in record)
        return [name for name in names if name not in ('step', 'iter', 'epoch')]

    def is_score(self, name: str) -> bool:
        """Tell whether it comes from validation alone."""
        return not any(name in record for record in self.train)

    def curve(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return iterations and finite values, float (N,) each, as logged in training or else in validation."""
        records = self.val if self.is_score(name) else self.train
        points = [
            (record['step'], record[name]) for record in records if np.isfinite(record.get(name, np.nan))
        ]
        steps, values = np.array(points, dtype=float).reshape(-1, 2).T
        return steps, values

    def best(self, name: str) -> tuple[float, float] | None:
        """Return iteration and value: the lowest of a loss, the highest of a score; None for other quantities."""
        steps, values = self.curve(name)
        if not len(values) or not ('loss' in name or self.is_score(name)):
            return None
        place = np.argmin(values) if 'loss' in name else np.argmax(values)
        return float(steps[place]), float(values[place])

    def describe(self) -> str:
        """Return length, resumes, time of an iteration and memory in one line."""
        parts = [f'{self.train[-1]["step"]:,.0f} iterations']
        if self.resumed:
            parts.append(f'resumed after {", ".join(f"{step:,}" for step in self.resumed)}')
        times, waits, memory = (self.curve(name)[1] for name in ('time', 'data_time', 'memory'))
        if len(times):
            waiting = f', {waits.mean() / times.mean():.0%} of it waiting for data' if len(waits) else ''
            parts.append(f'{times.mean():.3f} s an iteration (mean of {len(times)} log lines{waiting})')
        if len(memory):
            parts.append(f'{memory.max():,.0f} MB at most')
        return ', '.join(parts)


def read_history(path: str | Path) -> TrainingHistory:
    """Read the logs at `path`: a work dir, the folder of one run in it, or a log file.

    Several in a work dir are resumes. Runs that logged no training iteration (tests, or stopped too early) are
    skipped. Scores of 0.x, which logged fractions, become percent.

    Raises:
        UserError: a file is no JSON log.
    """
    path, history = Path(path), TrainingHistory()
    found = ([log for pattern in patterns for log in path.glob(pattern)] for patterns in PLACES)
    logs = [path] if path.is_file() else next(filter(None, found), [])
    runs = [_read_log(log) for log in sorted(logs, key=lambda log: log.relative_to(path).parts)]
    for train, val in _in_order([run for run in runs if run[0]]):
        history.append(train, val)
    return history


def _in_order(runs: list[tuple[list[Record], list[Record]]]) -> Iterator[tuple[list[Record], list[Record]]]:
    """Yield runs in their order in time, which is not that of their names where a clock was set back.

    A resume begins within what was logged before it, or one log interval behind it.
    """
    end = 0.0
    while runs:
        firsts = [train[0]['step'] for train, _ in runs]
        reachable = (number for number, first in enumerate(firsts) if end and first <= end)
        number = next(reachable, firsts.index(min(firsts)))
        train, val = runs.pop(number)
        yield train, val
        end = 2 * train[-1]['step'] - train[-2]['step'] if len(train) > 1 else train[-1]['step'] + 1


def _read_log(path: Path) -> tuple[list[Record], list[Record]]:
    """Return the records of training and of validation in one file, each with its iteration as 'step'."""
    text = path.read_text(errors='replace')
    try:
        # The last line has no end when the process was killed while it wrote.
        lines = [json.loads(line) for line in text.splitlines() if line.endswith('}')]
    except ValueError as error:
        raise UserError(f'{path} is no JSON log: {error}') from error
    if text and not lines:
        raise UserError(f'{path} is no JSON log: expected lines of {{...}}; name {LOGS}')
    train: list[Record] = []
    val: list[Record] = []
    for line in lines:
        record = {name: value for name, value in line.items() if isinstance(value, int | float)}
        last = train[-1]['step'] if train else 0
        if line.get('mode') == 'val':  # mmcv 0.x; its 'iter' is the number of images
            percent = {name: 100 * value for name, value in record.items() if SCORE_OF_0X.match(name)}
            val.append({**record, **percent, 'step': last})
        elif 'iter' in record:
            train.append({'step': record['iter'], **record})
        elif 'step' in record:
            by_epoch = train and record['step'] <= train[-1].get('epoch', 0)
            val.append({**record, 'step': last} if by_epoch else record)
    return train, val


def read_histories(paths: Sequence[str], names: Sequence[str] | None = None) -> dict[str, TrainingHistory]:
    """Read several trainings: name -> history.

    Args:
        paths: work dirs or log files, see `read_history`.
        names: None takes those of the work dirs, or whole paths where these are not all different.

    Raises:
        UserError: a path is missing or has no log of a training; there are not as many names, or one is
            there twice.
    """
    if names is None:
        names = [[part for part in Path(p).resolve().parts if not NO_NAME.fullmatch(part)][-1] for p in paths]
        names = names if len(set(names)) == len(names) else [str(Path(path)) for path in paths]
    if len(names) != len(paths) or len(set(names)) < len(names):
        raise UserError(f'{len(names)} names for {len(paths)} logs, or not all different: {", ".join(names)}')
    histories = {}
    for name, path in zip(names, paths, strict=True):
        if not Path(path).exists():
            raise UserError(f'no work dir or log file {path}')
        histories[name] = read_history(path)
        if not histories[name].train:
            raise UserError(f'no training was logged in {path}: looked for {LOGS} with training iterations')
    return histories


def choose_quantities(
    histories: Mapping[str, TrainingHistory], wanted: Sequence[str] | None = None
) -> list[str]:
    """Return `wanted`, or by default a score, the loss and the learning rate, as far as they were logged.

    Raises:
        UserError: one of `wanted` is in none of the logs; the message lists what is.
    """
    logged = [name for history in histories.values() for name in history.quantities()]
    known = list(dict.fromkeys(logged))
    if wanted is None:
        # Of two names for one thing, take the one that more of the trainings logged.
        return [n for group in (SCORES, ('loss',), RATES) if (n := max(group, key=logged.count)) in known]
    for name in wanted:
        if name not in known:
            similar = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean {similar[0]}?' if similar else ''
            raise UserError(f'{name} was not logged{hint} There are: {", ".join(known)}')
    return list(dict.fromkeys(wanted))


def table(histories: Mapping[str, TrainingHistory], quantities: Sequence[str]) -> str:
    """Return the last and best value of each quantity in each training."""
    rows = []
    for (name, history), quantity in product(histories.items(), quantities):
        _, values = history.curve(quantity)
        best = history.best(quantity)
        last = f'{values[-1]:.5g}' if len(values) else '-'
        rows.append(
            [name, quantity, last, *(['-'] * 2 if best is None else [f'{best[1]:.5g}', f'{best[0]:,.0f}'])]
        )
    return text_table(['training', 'quantity', 'last', 'best', 'at iteration'], rows, left=2)
