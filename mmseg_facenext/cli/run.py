"""Run a tool: print a user's mistake as one line instead of a traceback, and exit with a code."""

from __future__ import annotations

import argparse
import atexit
import errno
import gc
import importlib
import logging
import os
import re
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ..errors import INTERRUPTED, TRACEBACK_SWITCH, Stopped, UserError
from ..utils.cpu_count import share_cores

OUTCOME = 'FACENEXT_OUTCOME'
"""The file into which a stopped process writes its exit code for the launcher, to which torchrun does not tell it."""
READER_GONE = 141  # as shells report SIGPIPE
# When all ranks meet the same mistake, only rank 0 should report it; the launcher ends the others meanwhile.
SECONDS_BEFORE_OTHER_RANKS_SPEAK = 3

REMEDIES = {
    errno.ENOENT: 'no such file or folder: check the path, e.g. data_root in the config',
    errno.ENOSPC: 'the disk is full: free some space or choose another folder',
    errno.EDQUOT: 'the disk quota is used up: free some space or choose another folder',
    errno.EROFS: 'the file system is read-only: choose another folder',
    errno.EACCES: 'permission denied: choose another folder or change its permissions',
    errno.EPERM: 'not permitted: choose another folder or change its permissions',
    errno.EEXIST: 'exists already and is no folder: choose another name',
    errno.ENOTDIR: 'a part of this path is a file, not a folder: choose another folder',
    errno.EISDIR: 'is a folder, where a file should be: choose another name',
    errno.ENAMETOOLONG: 'the name is too long: choose a shorter one',
    errno.EMFILE: 'too many files are open: use fewer workers or raise the limit (ulimit -n)',
    errno.EFBIG: 'the file would grow too large (ulimit -f): raise the limit or choose another folder',
    errno.EIO: 'the disk gives input/output errors: choose another one',
    errno.EADDRINUSE: 'the port is in use: leave PORT unset (a free one is found) or choose another',
}
# What a process sees when another one of the job has ended. That one reports why; the launcher ends the rest.
LOST = 'another process of this job has ended'
SECONDS_BEFORE_VICTIMS_SPEAK = 10
LOST_PEER = re.compile(
    'Connection closed by peer|Connection reset by peer|Broken pipe|recvValue failed|connectFullMesh failed'
)

# Messages of libraries that users meet in ordinary use, by the type of error, and what to do.
KNOWN_MESSAGES: tuple[tuple[type[Exception], re.Pattern[str], str], ...] = (
    (
        ImportError,
        re.compile(r'Please run "(pip install [^"]+)" to install'),
        'the config writes its log with a package that is not installed: {0}, or take it out of vis_backends '
        '(log_config.hooks in a config of mmseg 0.x)',
    ),
    (
        ValueError,
        re.compile(
            r'Expected more than 1 value per channel when training, got input size torch.Size\((.*)\)'
        ),
        'a BatchNorm sees a single value of each channel ({0}), whose mean and deviation mean nothing: set '
        'train_dataloader.batch_size to 2 or more (drop_last=True leaves out a last batch of one), or take '
        "norm_cfg=dict(type='GN', num_groups=32)",
    ),
    (
        RuntimeError,
        re.compile(
            r'DataLoader worker \(.*\) (exited unexpectedly|is killed by signal: (?:Killed|Bus error))'
        ),
        'a process that loads data {0}, as happens when memory or shared memory (/dev/shm; docker --shm-size) is used '
        'up: lower num_workers of the data loaders',
    ),
)
# Messages of allocators in a RuntimeError: torch's on the CPU, CUDA's, NumPy's in a loading worker, mmap's.
OUT_OF_MEMORY = re.compile(
    r"Allocator: (?:can't allocate|not enough) memory|CUDA error: out of memory|_STATUS_ALLOC_FAILED|"
    r'Caught _ArrayMemoryError in |unable to mmap .*: Cannot allocate memory'
)
LESS_MEMORY = 'take smaller pictures, or fewer at once'


class ArgumentParser(argparse.ArgumentParser):
    """argparse's, for tools that a launcher starts many times: only rank 0 reports what is wrong."""

    def error(self, message: str) -> NoReturn:
        if _number('RANK', 0) > 0:
            time.sleep(SECONDS_BEFORE_OTHER_RANKS_SPEAK)
        super().error(message)

    def print_help(self, file: Any = None) -> None:
        if _number('RANK', 0) == 0:
            super().print_help(file)


def run_tool(main: Callable[[], object], less_memory: str = LESS_MEMORY) -> None:
    """Call `main` and end the process with 0, 1 (the user can mend it), 75 (stopped and saved), or 130 (Ctrl-C).

    Args:
        main: the tool.
        less_memory: what to do when it runs out of memory, in terms of its options.

    `FACENEXT_TRACEBACK=1` in the environment shows the whole traceback as well. A defect of the package
    is not caught: its traceback belongs in a bug report.
    """
    ignore_remarks()
    # A log file on a full disk must not print that it could not log, before the error itself is explained.
    logging.raiseExceptions = False
    try:
        main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        _leave('interrupted', INTERRUPTED)
    except Stopped as stopped:
        if OUTCOME in os.environ:
            Path(os.environ[OUTCOME]).write_text(str(stopped.exit_code))
        _leave(str(stopped), stopped.exit_code, from_all=True)
    except BrokenPipeError:
        if not _reader_has_gone():
            raise
        sys.exit(READER_GONE)
    except Exception as error:
        if _came_from_ctrl_c(error):
            _leave('interrupted', INTERRUPTED)
        message = explain(error, less_memory)
        if message is None:
            if _processes() == 1:
                raise
            traceback.print_exc()
            message = f'{type(error).__name__}, see the traceback above'
        if os.environ.get(TRACEBACK_SWITCH):
            traceback.print_exc()
        _leave(f'error: {message}', 1)
    dist = sys.modules.get('torch.distributed')
    if dist and dist.is_initialized():
        # Threads of the group that are still there when Python ends can abort the whole process.
        dist.destroy_process_group()


def _reader_has_gone() -> bool:
    """Tell whether the reader of stdout has closed it, as in `facenext config | head`; discard the rest then."""
    try:
        print(flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        return True
    return False


def import_training_stack() -> None:
    """Import PyTorch, mmseg and our modules for it, which takes seconds."""
    share_cores()
    gc.disable()  # a tenth of the time would go into looking for garbage
    try:
        importlib.import_module('mmseg_facenext.register')
    finally:
        gc.enable()
        gc.freeze()  # mmengine searches with each data set, which would take a quarter second
        atexit.register(gc.unfreeze)  # or Triton's bindings print at the end that they were never freed


def ignore_remarks() -> None:
    """Silence warnings of libraries about their own arguments, which the user of a tool cannot change."""
    warnings.filterwarnings('ignore', module=r'mm(cv|engine|seg)\.')


def explain(error: BaseException, less_memory: str = LESS_MEMORY) -> str | None:
    """Return one line for a person, or None when the error is a defect of the program.

    Errors of data loading workers arrive as the worker's traceback in one string; its last line is used.
    """
    text = str(error)
    if isinstance(error, UserError):
        return _one_line(text.rpartition('UserError: ')[2])
    for kind, pattern, remedy in KNOWN_MESSAGES:
        if isinstance(error, kind) and (match := pattern.search(text)):
            return _one_line(remedy.format(*match.groups()))
    if isinstance(error, OSError) and (explained := _explain_os_error(error, text)):
        return explained
    if _processes() > 1 and isinstance(error, RuntimeError) and LOST_PEER.search(text):
        return LOST
    if type(error).__name__ in ('DistNetworkError', 'DistStoreError'):
        return (
            f'the processes cannot meet ({_one_line(text)}): check MASTER_ADDR and PORT, and whether every machine '
            'has started with a NODE_RANK of its own'
        )
    if _is_out_of_memory(error):
        return f'too little memory: {less_memory}'
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    torch, cv2 = (
        sys.modules.get('torch'),
        sys.modules.get('cv2'),
    )  # a library that was not imported cannot have raised
    if isinstance(error, MemoryError) or (torch and isinstance(error, torch.OutOfMemoryError)):
        return True
    if cv2 and isinstance(error, cv2.error):
        return 'Insufficient memory' in str(error)  # one from a loading worker has lost its code
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and OUT_OF_MEMORY.search(str(error)) is not None


def _explain_os_error(error: OSError, text: str) -> str | None:
    code = error.errno
    if code is None and (found := re.findall(r'\[Errno (\d+)\]', text)):
        code = int(found[-1])
    if code not in REMEDIES:
        return None
    place = error.filename2 or error.filename  # files are written under a temporary name and then renamed
    return f'{place}: {REMEDIES[code]}' if place else REMEDIES[code]


def _came_from_ctrl_c(error: BaseException | None) -> bool:
    """Tell whether an error came from Ctrl-C; some libraries turn it into their own (mmengine's config printer)."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _number(name: str, default: int) -> int:
    """Return a launcher's variable as a number; `init_distributed` reports values that are no numbers."""
    text = os.environ.get(name, '')
    return int(text) if text.isdigit() else default


def _processes() -> int:
    return _number('WORLD_SIZE', 1)


def _one_line(text: str) -> str:
    return ' '.join(text.split())


def _leave(message: str, code: int, from_all: bool = False) -> None:
    """Print the message and end the process; what is the same `from_all` ranks (as Ctrl-C is) only rank 0 says."""
    rank = _number('RANK', 0)
    from_all = from_all or code == INTERRUPTED
    if LOST in message:
        time.sleep(SECONDS_BEFORE_VICTIMS_SPEAK)
    elif rank > 0 and not from_all:
        time.sleep(SECONDS_BEFORE_OTHER_RANKS_SPEAK)
    with suppress(OSError):  # the terminal may be gone with the launcher
        if rank == 0 or not from_all:
            print(f'[rank {rank}] {message}' if rank > 0 else message, file=sys.stderr, flush=True)
        sys.stdout.flush()
    if _processes() > 1:
        os._exit(code)  # a normal exit would wait for collectives that the other ranks never join
    sys.exit(code)
