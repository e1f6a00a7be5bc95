"""A short run of all mutators: what is damaged is refused in one line, or means the same. `long_run` does more.

Exported files: deploy/test_runtimes.py.
"""

import numpy as np
import pytest
from robustness.outcomes import OUTCOMES, bad_outcomes, outcome_of
from robustness.subjects import Wrong, subjects


@pytest.fixture(scope='module')
def all_subjects(tmp_path_factory) -> dict:
    return {subject.name: subject for subject in subjects(tmp_path_factory.mktemp('subjects'))}


@pytest.mark.parametrize('name', ['photos', 'label maps', 'checkpoints', 'configs'])
def test_damage_is_refused_in_one_line_or_harmless(all_subjects, name):
    assert not bad_outcomes(all_subjects[name].make)


def test_the_harness_tells_outcomes_apart():
    def wrong():
        raise Wrong('other')

    def crash():
        import os

        os.abort()

    def hang():
        import time

        time.sleep(60)

    def memory():
        np.ones(2**40)

    told = [outcome_of(case, seconds=5)[0] for case in (int, wrong, crash, memory)]
    told += [outcome_of(hang, seconds=0.2)[0], outcome_of(lambda: 1 / 0)[0]]
    assert told == ['ok', 'silently wrong', 'crash', 'memory', 'hang', 'traceback']
    assert set(told) < set(OUTCOMES)
