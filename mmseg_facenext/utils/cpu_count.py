"""Count the cores that this process may use."""

import os


def usable_cores() -> int:
    """Return how many cores this process may use; containers and schedulers often allow fewer than exist."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
