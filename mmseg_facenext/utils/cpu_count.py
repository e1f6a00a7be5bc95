"""The cores that this process may use."""

import os


def usable_cores() -> int:
    """Return how many cores this process may use; containers and schedulers often allow fewer than exist."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_cores() -> None:
    """Let the threads of PyTorch sleep while they wait for each other, unless the environment says otherwise.

    They would keep a core busy, and all of them would wait for the one whose core does something else, such as
    looking for faces: a network took six times as long. It is read when PyTorch is imported.
    """
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
