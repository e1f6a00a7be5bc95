"""What the logs of a work dir say about a training, over all of its resumes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

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


def series(records: Iterable[Record], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Iterations and values, float (N,) each, of the records that have a finite `name`."""
    points = [(record['step'], record[name]) for record in records if np.isfinite(record.get(name, np.nan))]
    steps, values = np.array(points, dtype=float).reshape(-1, 2).T
    return steps, values


def read_history(work_dir: str | Path) -> TrainingHistory:
    """Read the `<timestamp>/vis_data/scalars.json` that mmengine's LocalVisBackend wrote, oldest run first.

    Runs that logged no training iteration (tests, or stopped too early) are skipped.
    """
    history = TrainingHistory()
    for path in sorted(Path(work_dir).glob('*/vis_data/scalars.json')):
        records = _read_records(path)
        train = [record for record in records if 'iter' in record]
        if train:
            history.append(train, [record for record in records if 'iter' not in record])
    return history


def _read_records(path: Path) -> list[Record]:
    records = []
    for line in path.read_text().splitlines():
        if not line.endswith('}'):  # the process was killed while it wrote its last line
            continue
        records.append(json.loads(line))
    return records
