"""What every tool does around its work: one clear line for a person's mistake, no traceback."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
import traceback
import warnings
from collections.abc import Callable

from ..errors import UserError

TRACEBACK_SWITCH = 'FACENEXT_TRACEBACK'
INTERRUPTED = 130
# Of all ranks that meet the same mistake only rank 0 should speak; the launcher ends the others meanwhile.
SECONDS_BEFORE_OTHER_RANKS_SPEAK = 3

REMEDIES = {
    errno.ENOSPC: 'the disk is full: free some space or choose another folder',
    errno.EDQUOT: 'the disk quota is used up: free some space or choose another folder',
    errno.EROFS: 'the file system is read-only: choose another folder',
    errno.EACCES: 'permission denied: choose another folder or change its permissions',
    errno.EPERM: 'not permitted: choose another folder or change its permissions',
    errno.EADDRINUSE: 'the port is in use: leave PORT unset (a free one is found) or choose another',
}


def run_tool(main: Callable[[], object]) -> None:
    """Calls `main` and ends the process with 0, 1 (the user can mend it), or 130 (Ctrl-C).

    `FACENEXT_TRACEBACK=1` in the environment shows the whole traceback as well. A defect of the package
    is not caught: its traceback belongs in a bug report.
    """
    # Remarks of the libraries below about their own arguments: nothing that the user of a tool could change.
    warnings.filterwarnings('ignore', module=r'mm(cv|engine|seg)\.')
    try:
        main()
    except KeyboardInterrupt:
        _leave('interrupted', INTERRUPTED)
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        if os.environ.get(TRACEBACK_SWITCH):
            traceback.print_exc()
        _leave(f'error: {message}', 1)


def explain(error: BaseException) -> str | None:
    """One line for a person, or None when the error is a defect of the program.

    Errors of data loading workers arrive as the worker's traceback in one string; its last line is used.
    """
    text = str(error)
    if isinstance(error, UserError):
        return _one_line(text.rpartition('UserError: ')[2])
    if isinstance(error, OSError):
        return _explain_os_error(error, text)
    if type(error).__name__ == 'OutOfMemoryError':
        return (
            'the GPU has too little memory: lower train_dataloader.batch_size, or add --amp bf16, '
            'or set model.backbone.with_cp=True (--cfg-options)'
        )
    return None


def _explain_os_error(error: OSError, text: str) -> str | None:
    code = error.errno
    if code is None and (found := re.findall(r'\[Errno (\d+)\]', text)):
        code = int(found[-1])
    if code not in REMEDIES:
        return None
    place = f'{error.filename}: ' if error.filename else ''
    return f'{place}{REMEDIES[code]}'


def _one_line(text: str) -> str:
    return ' '.join(text.split())


def _leave(message: str, code: int) -> None:
    rank, processes = int(os.environ.get('RANK', 0)), int(os.environ.get('WORLD_SIZE', 1))
    if rank > 0:
        time.sleep(SECONDS_BEFORE_OTHER_RANKS_SPEAK)
        message = f'[rank {rank}] {message}'
    print(message, file=sys.stderr, flush=True)
    if processes > 1:
        sys.stdout.flush()
        os._exit(code)  # a normal exit would wait for collectives that the other ranks never join
    sys.exit(code)
