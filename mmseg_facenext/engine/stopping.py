"""Stop a training by a signal: after the same iteration on all processes, and saved."""

from __future__ import annotations

import atexit
import multiprocessing.util
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import torch
import torch.distributed as dist
from mmengine.dist import get_rank, get_world_size

from ..errors import INTERRUPTED, STOPPED
from ..utils.launched import LAUNCHER_PID

SIGNALS = [getattr(signal, name) for name in ('SIGINT', 'SIGTERM', 'SIGUSR1') if hasattr(signal, name)]
"""What asks for a stop: Ctrl-C; Slurm, Kubernetes, clouds and `kill`; Slurm's `--signal=USR1@120`."""
SECONDS_WITHOUT_LAUNCHER = 60


class StopRequest:
    """The signal that asked this process to stop, noted instead of ending it."""

    def __init__(self) -> None:
        self.signal = 0
        self._interrupts = 0
        # Ctrl-C reaches a process from the terminal and once more through the launcher.
        self._enough = 2 if get_world_size() == 1 else 3
        self._shared: tuple[torch.Tensor, Callable[[], object]]

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note `SIGNALS` meanwhile; elsewhere than in the main thread Python has no handlers, and nothing is noted."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.note) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def note(self, number: int, frame: FrameType | None = None) -> None:
        """Note a signal; a person who repeats Ctrl-C is not kept waiting."""
        self._interrupts += number == signal.SIGINT
        if number == signal.SIGINT and self._interrupts >= self._enough:
            raise KeyboardInterrupt
        if not self.signal and get_rank() == 0:
            text = f'{signal.Signals(number).name}: stopping after this iteration, with a checkpoint'
            again = '; Ctrl-C again to stop at once' if number == signal.SIGINT else ''
            with suppress(OSError):  # the terminal may be gone
                os.write(2, f'{text}{again}\n'.encode())  # `print` may not be entered twice
        self.signal = self.signal or number

    def join(self) -> int:
        """Return the signal that any process has got so far, or 0; every process waits for all others."""
        self._share()
        return self._answer()

    def agreed(self) -> int:
        """Return the signal that any process had got at its last call, or 0; the same number on all of them.

        Each call sends this process' answer and reads what was sent at the call before, which has long arrived: nothing
        waits, a GPU neither. Every process calls it once an iteration.
        """
        if get_world_size() == 1:
            return self.signal
        answer = self._answer()
        self._share()
        return answer

    def _share(self) -> None:
        gpu = get_world_size() > 1 and dist.get_backend() == 'nccl'
        number = torch.full((), self.signal, device='cuda' if gpu else 'cpu')
        wait: Callable[[], object] = int
        if get_world_size() > 1:
            work = dist.all_reduce(number, dist.ReduceOp.MAX, async_op=True)
            wait = work.wait
        if gpu:
            work.wait()  # the stream waits, not the host
            number = torch.empty((), dtype=number.dtype, pin_memory=True).copy_(number, non_blocking=True)
            copied = torch.cuda.Event()
            copied.record()
            wait = copied.synchronize
        self._shared = number, wait

    def _answer(self) -> int:
        number, wait = self._shared
        wait()
        return int(number)


def start_worker(then: Callable[[int], object] | None, worker: int) -> None:
    """Ignore `SIGNALS` in a process that loads data: they often go to all processes of a job, and the training needs
    data for its last iteration. It ends with the training."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if then:
        then(worker)


@atexit.register  # later than multiprocessing, and therefore called before it
def _end_workers() -> None:
    """End what loads data; multiprocessing would send SIGTERM, which that ignores, and wait."""
    if hasattr(signal, 'SIGCHLD'):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # PyTorch's handler would report them as lost
    for child in multiprocessing.active_children():
        if child.daemon:
            child.kill()


def exit_code(number: int) -> int:
    """Return the exit code after a stop by this signal."""
    return INTERRUPTED if number == signal.SIGINT else STOPPED


def follow_launcher(request: StopRequest, leave: Callable[[int], object] = os._exit) -> None:
    """Stop this process when its launcher has died, also by SIGKILL: saved, or after a minute unsaved.

    A thread looks once a second who the parent is. (PR_SET_PDEATHSIG would do so on Linux only, and would still need
    the time limit for processes that wait for one that is gone.)
    """
    launcher = int(os.environ.get(LAUNCHER_PID, os.getppid()))

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(1)
        request.note(signal.SIGTERM)
        time.sleep(SECONDS_WITHOUT_LAUNCHER)
        leave(STOPPED)

    threading.Thread(target=watch, name='follow_launcher', daemon=True).start()
