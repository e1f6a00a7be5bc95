import platform
import subprocess
import sys

import pytest

from mmseg_facenext.engine import allocator
from mmseg_facenext.engine.cli import run_tool
from mmseg_facenext.errors import UserError

FAULTS = """
import resource, sys, numpy as np
from mmseg_facenext.engine.allocator import keep_memory
if sys.argv[1] == 'tuned':
    keep_memory()
before = None
for _ in range(20):
    np.ones(100 * 2**20, np.uint8)
    before = before or resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='needs glibc')
def test_memory_is_reused():
    def page_faults(mode: str) -> int:
        done = subprocess.run(
            [sys.executable, '-c', FAULTS, mode], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert page_faults('tuned') < 1000 < page_faults('plain')


def test_elsewhere_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    with pytest.raises(UserError, match='glibc'):
        allocator.keep_memory()
    monkeypatch.setenv(allocator.SWITCH, '1')
    with pytest.raises(SystemExit, match='1'):
        run_tool(lambda: pytest.fail('the tool ran'))
    assert 'leave it unset' in capsys.readouterr().err
