"""The folder of a training: who may write there, what it goes on from, what a killed run has left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from ..errors import UserError

LOCK = '.lock'
SECONDS_TO_WAIT = 15
"""For the lock: a run that was just killed may still be ending."""
# As `atomic_path` names what becomes a checkpoint.
LEFTOVER = re.compile(r'\.(iter_\d+|epoch_\d+|stopped|best_.+_\d+)\.[0-9a-f]{32}\.pth')


@contextmanager
def only_training_in(work_dir: Path) -> Iterator[None]:
    """Keep other trainings out of `work_dir`, and remove what killed ones have left half-written.

    The lock is the kernel's (`flock`), which opens it when the process ends in whatever way; on NFS the server does. A
    file system without such locks gets a file with host and process: one whose process has ended on this host counts
    as stale, one of another host has to be deleted by a person, whom the message tells so.

    Raises:
        UserError: another training holds it.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    path = work_dir / LOCK
    lock: filelock.BaseFileLock = filelock.FileLock(path)
    try:
        try:
            lock.acquire(timeout=SECONDS_TO_WAIT)
        except NotImplementedError:  # an older filelock, on a file system without locks
            lock = filelock.SoftFileLock(path)
            lock.acquire(timeout=SECONDS_TO_WAIT)
    except filelock.Timeout:
        raise UserError(
            f'another training writes to {work_dir}: stop it first, or choose another folder with --work-dir '
            f'(if none runs on any machine, delete {path})'
        ) from None
    try:
        for leftover in work_dir.iterdir():
            if LEFTOVER.fullmatch(leftover.name):
                leftover.unlink()
        yield
    finally:
        lock.release()


def last_checkpoint(work_dir: Path) -> str | None:
    """Return the newest checkpoint of a work dir; None where nothing was saved yet.

    Raises:
        UserError: the one that is named there is gone, and there is no other.
    """
    pointer = work_dir / 'last_checkpoint'
    if not pointer.exists():
        return None
    # The pointer holds the path as it was written; the whole folder may have moved or been copied since. A full disk
    # leaves it empty.
    named = Path(pointer.read_text(errors='replace').strip('\0\n ') or 'nothing')
    saved = [path for kind in ('epoch', 'iter') for path in _numbered(work_dir, kind)]
    for candidate in (work_dir / named.name, named, *saved[-1:]):
        if candidate.is_file():
            return str(candidate)
    raise UserError(
        f'{pointer} names {named}, which is gone; name another checkpoint with --resume-from, '
        f'or delete {pointer} to start anew'
    )


def _numbered(work_dir: Path, kind: str) -> list[Path]:
    """Return `<kind>_<number>.pth`, the highest number last: dates change with the clock and with copying."""
    files = [path for path in work_dir.glob(f'{kind}_*.pth') if path.stem.removeprefix(f'{kind}_').isdigit()]
    return sorted(files, key=lambda path: int(path.stem.removeprefix(f'{kind}_')))


def how_to_go_on(work_dir: Path) -> str:
    """Return what was saved of a stopped training, and what to do."""
    last = last_checkpoint(work_dir)
    return f'saved: {last}; --resume goes on from it' if last else 'nothing was saved yet: start it again'
