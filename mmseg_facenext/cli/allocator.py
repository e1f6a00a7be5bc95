"""Memory that a process has used once stays with it.

glibc's malloc gets every large tensor from the kernel anew and returns it after use, and the kernel clears each
page when it is touched first. A network that runs again and again on a CPU spends a fifth of its time on that.
"""

from __future__ import annotations

import ctypes
import platform

from ..errors import UserError

SWITCH = 'FACENEXT_TUNED_MALLOC'
# From glibc's malloc.h; the same on every architecture.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def keep_memory() -> None:
    """Lets malloc reuse freed memory instead of returning it; the process then stays as large as it ever was.

    Tools do this when FACENEXT_TUNED_MALLOC=1 is in their environment. It cannot be undone.

    Raises:
        UserError: this is no Linux with glibc.
    """
    if platform.libc_ver()[0] != 'glibc':
        raise UserError(
            f'{SWITCH} tunes the malloc of glibc, which {platform.system()} here does not use: leave it unset'
        )
    libc = ctypes.CDLL(None)
    if not (libc.mallopt(M_MMAP_MAX, 0) and libc.mallopt(M_TRIM_THRESHOLD, -1)):
        raise UserError(f'this malloc does not take the settings of {SWITCH}: leave it unset')
