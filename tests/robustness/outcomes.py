"""Run one case in a process of its own and tell what came of it."""

from __future__ import annotations

import faulthandler
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mmseg_facenext.cli.run import explain

OUTCOMES = ('ok', 'one line', 'traceback', 'crash', 'hang', 'memory', 'silently wrong')
GOOD = ('ok', 'one line')
CASES = 25
SECONDS = 60
SPARE_MEMORY = 2 * 2**30


class Wrong(Exception):
    """What was damaged is accepted, and means something else."""


def outcome_of(case: Callable[[], object], seconds: float = SECONDS) -> tuple[str, str]:
    """Fork, call `case`, and return one of `OUTCOMES` with what was said."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, '\n'.join(_called(case)).encode()[:4000])
        os._exit(0)
    os.close(writer)
    deadline, said = time.monotonic() + seconds, b''
    while select.select([reader], [], [], max(0, deadline - time.monotonic()))[0]:
        if not (part := os.read(reader, 4096)):
            break
        said += part
    else:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if time.monotonic() >= deadline:
        return 'hang', f'more than {seconds} s'
    if not said:
        return 'crash', f'wait status {status}'
    outcome, _, text = said.decode(errors='replace').partition('\n')
    return outcome, text


def bad_outcomes(make: Callable[[np.random.Generator], tuple[Callable[[], object], str]]) -> str:
    """Damage something some times; return what was neither fine nor one line."""
    rng = np.random.default_rng(0)
    bad = []
    for _ in range(CASES):
        case, what = make(rng)
        outcome, said = outcome_of(case)
        if outcome not in GOOD:
            bad.append(f'{what}: {outcome}\n{said}')
    return '\n\n'.join(bad)


def _called(case: Callable[[], object]) -> tuple[str, str]:
    faulthandler.disable()
    used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + SPARE_MEMORY,) * 2)
    sink = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(sink, stream.fileno() if hasattr(stream, 'fileno') else 1)
    try:
        case()
    except Wrong as wrong:
        return 'silently wrong', str(wrong)
    except BaseException as error:
        line = explain(error)
        if line is None:
            return 'traceback', traceback.format_exc()[-1500:]
        return ('memory' if line.startswith('too little memory') else 'one line'), line
    return 'ok', ''
