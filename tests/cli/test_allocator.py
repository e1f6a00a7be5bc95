import multiprocessing
import platform
import resource

import numpy as np
import pytest

from mmseg_facenext.cli import allocator
from mmseg_facenext.cli.run import run_tool
from mmseg_facenext.errors import UserError


def count_page_faults(found: multiprocessing.SimpleQueue) -> None:
    for tuned in (False, True):
        if tuned:
            allocator.keep_memory()
        before = None
        for _ in range(20):
            np.ones(100 * 2**20, np.uint8)
            before = before or resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        found.put(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='needs glibc')
def test_memory_is_reused():
    # It cannot be undone, and what other tests have left free would be reused: in a process of its own.
    fresh = multiprocessing.get_context('spawn')
    found = fresh.SimpleQueue()
    process = fresh.Process(target=count_page_faults, args=(found,))
    process.start()
    untuned, tuned = found.get(), found.get()
    process.join()
    assert tuned < 1000 < untuned


def test_elsewhere_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    with pytest.raises(UserError, match='glibc'):
        allocator.keep_memory()
    monkeypatch.setenv(allocator.SWITCH, '1')
    with pytest.raises(SystemExit, match='1'):
        run_tool(lambda: pytest.fail('the tool ran'))
    assert 'leave it unset' in capsys.readouterr().err
