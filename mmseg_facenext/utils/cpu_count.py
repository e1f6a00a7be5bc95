"""How many processes or threads make sense here."""

import os


def usable_cores() -> int:
    """Cores that this process may run on; containers and job schedulers often give fewer than there are."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
