import ctypes
import multiprocessing
import platform
import resource

import numpy as np
import pytest

from mmseg_facenext.engine import allocator
from mmseg_facenext.engine.cli import run_tool
from mmseg_facenext.errors import UserError

M_MMAP_THRESHOLD = -3


def count_page_faults(tuned: bool, found: multiprocessing.SimpleQueue) -> None:
    libc = ctypes.CDLL(None)  # glibc's defaults, whatever tests before have left
    libc.mallopt(allocator.M_MMAP_MAX, 65536)
    libc.mallopt(allocator.M_TRIM_THRESHOLD, 128 * 1024)
    libc.mallopt(M_MMAP_THRESHOLD, 128 * 1024)
    if tuned:
        allocator.keep_memory()
    before = None
    for _ in range(20):
        np.ones(100 * 2**20, np.uint8)
        before = before or resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    found.put(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='needs glibc')
def test_memory_is_reused():
    fork = multiprocessing.get_context('fork')  # it cannot be undone: not in the process of the other tests
    page_faults = {}
    for tuned in (True, False):
        found = fork.SimpleQueue()
        process = fork.Process(target=count_page_faults, args=(tuned, found))
        process.start()
        page_faults[tuned] = found.get()
        process.join()
    assert page_faults[True] < 1000 < page_faults[False]


def test_elsewhere_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    with pytest.raises(UserError, match='glibc'):
        allocator.keep_memory()
    monkeypatch.setenv(allocator.SWITCH, '1')
    with pytest.raises(SystemExit, match='1'):
        run_tool(lambda: pytest.fail('the tool ran'))
    assert 'leave it unset' in capsys.readouterr().err
