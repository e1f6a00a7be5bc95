"""Damage, kill and repeat for as long as wanted, and print a table of what came of it.

    cd tests && python -m robustness.long_run --cases 1000 --kills 20 --photos 2000

The same --seed gives the same damage. What is neither fine nor one line is listed with its traceback.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from robustness.kills import KILL_OUTCOMES, kill_and_resume, whole_training, write_recipe
from robustness.outcomes import GOOD, OUTCOMES, outcome_of
from robustness.soak import soak
from robustness.subjects import export_both, exports, subjects, trainings

from mmseg_facenext.utils.text_table import text_table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--cases', type=int, default=1000, help='of each kind of file, default %(default)s')
    parser.add_argument('--kills', type=int, default=20, help='of trainings, default %(default)s')
    parser.add_argument('--photos', type=int, default=2000, help='parsed in a row, default %(default)s')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config = write_recipe(Path(folder))
        if args.cases:
            print(damage_all(Path(folder), config, args.cases, args.seed), flush=True)
        if args.kills:
            print(kill_all(Path(folder), config, args.kills, args.seed), flush=True)
        if args.photos:
            print(soak(args.photos), flush=True)


def damage_all(folder: Path, config: Path, cases: int, seed: int) -> str:
    rows = []
    for subject in (
        *subjects(folder),
        exports(export_both(folder), folder),
        trainings(config, folder),
    ):
        counts: Counter[str] = Counter()
        rng = np.random.default_rng(seed)
        for number in range(cases):
            case, what = subject.make(rng)
            outcome, said = outcome_of(case)
            counts[outcome] += 1
            if outcome not in GOOD:
                print(f'{subject.name} {number}, {what}: {outcome}\n{said}\n', file=sys.stderr, flush=True)
        rows.append([subject.name, *(str(counts[outcome]) for outcome in OUTCOMES)])
    return text_table(['damaged', *OUTCOMES], rows)


def kill_all(folder: Path, config: Path, kills: int, seed: int) -> str:
    whole = whole_training(config, folder / 'never_stopped')
    counts: Counter[tuple[str, str]] = Counter()
    rng = np.random.default_rng(seed)
    for number in range(kills):
        how, outcome, said = kill_and_resume(config, folder / f'killed_{number}', whole, rng)
        counts[how, outcome] += 1
        said = said if outcome != KILL_OUTCOMES[0] else ''
        print(f'kill {number}, {how}: {outcome} {said}', file=sys.stderr, flush=True)
    kinds = sorted({how for how, _ in counts})
    rows = [[how, *(str(counts[how, outcome]) for outcome in KILL_OUTCOMES)] for how in kinds]
    return text_table(['signal to', *KILL_OUTCOMES], rows)


if __name__ == '__main__':
    main()
