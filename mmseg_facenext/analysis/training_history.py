"""What the logs of a work dir say about a training, over all of its resumes."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import UserError

SCORE_OF_0X = re.compile(r'aAcc|m[A-Z]|(IoU|Acc|Dice|Fscore|Precision|Recall)\.')
NO_QUANTITY = ('step', 'iter', 'epoch')
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
        """Names of the losses, the total first; a single part, being the total itself, is left out."""
        parts = {name: None for record in self.train for name in record if 'loss' in name and name != 'loss'}
        return ['loss', *parts] if len(parts) > 1 else ['loss']

    def quantities(self) -> list[str]:
        """Names of all that was logged, in the order of appearance."""
        names = {name: None for record in (*self.train, *self.val) for name in record}
        return [name for name in names if name not in NO_QUANTITY]

    def curve(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """`series` of what was logged in training or, if it was not, in validation."""
        trained = any(name in record for record in self.train)
        return series(self.train if trained else self.val, name)


def series(records: Iterable[Record], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Iterations and values, float (N,) each, of the records that have a finite `name`."""
    points = [(record['step'], record[name]) for record in records if np.isfinite(record.get(name, np.nan))]
    steps, values = np.array(points, dtype=float).reshape(-1, 2).T
    return steps, values


def read_history(path: str | Path) -> TrainingHistory:
    """What the JSON logs say that `path` means: a work dir, the folder of one run in it, or a log file.

    Logs are the `<timestamp>/vis_data/scalars.json` of mmengine and the `<timestamp>.log.json` of mmcv 0.x;
    several in a work dir are resumes, oldest first. Runs that logged no training iteration (tests, or stopped
    too early) are skipped. Scores of 0.x, which logged fractions, become percent.

    Raises:
        UserError: a file is no JSON log.
    """
    history = TrainingHistory()
    for log in find_logs(Path(path)):
        train, val = _read_log(log)
        if train:
            history.append(train, val)
    return history


def find_logs(path: Path) -> list[Path]:
    """The log files that `path` means, oldest run first; none if there are none."""
    if path.is_file():
        return [path]
    places = ('*/vis_data/scalars.json', '*.log.json'), ('vis_data/scalars.json',), ('scalars.json',)
    found = ([log for pattern in patterns for log in path.glob(pattern)] for patterns in places)
    # Both generations begin with the time of their start.
    return sorted(next(filter(None, found), []), key=lambda log: log.relative_to(path).parts)


def _read_log(path: Path) -> tuple[list[Record], list[Record]]:
    """The records of training and of validation in one file, each with its iteration as 'step'."""
    train: list[Record] = []
    val: list[Record] = []
    earlier_epochs = 0
    for line in _read_lines(path):
        record = {name: value for name, value in line.items() if isinstance(value, int | float)}
        last = train[-1]['step'] if train else 0
        if line.get('mode') == 'train':  # mmcv 0.x; trainings by epoch count iterations anew in each
            if train and record['iter'] + earlier_epochs <= last:
                earlier_epochs = int(last)
            train.append({**record, 'step': record['iter'] + earlier_epochs})
        elif line.get('mode') == 'val':  # its 'iter' is the number of images
            val.append({name: _percent(name, value) for name, value in record.items()} | {'step': last})
        elif 'iter' in record:
            train.append(record)
        elif 'step' in record:
            by_epoch = train and record['step'] <= train[-1].get('epoch', 0)
            val.append({**record, 'step': last} if by_epoch else record)
    return train, val


def _percent(name: str, value: float) -> float:
    return 100 * value if SCORE_OF_0X.match(name) else value


def _read_lines(path: Path) -> list[dict]:
    text = path.read_text(errors='replace')
    try:
        # The last line has no end when the process was killed while it wrote.
        lines = [json.loads(line) for line in text.splitlines() if line.endswith('}')]
    except ValueError as error:
        raise UserError(f'{path} is no JSON log: {error}') from error
    if text and not lines:
        raise UserError(
            f'{path} is no JSON log: expected lines of {{...}}, as in <work dir>/<time>/vis_data/scalars.json '
            'or <time>.log.json'
        )
    return lines
