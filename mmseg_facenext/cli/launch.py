"""Start one process per GPU (or CPU process) on this machine through torchrun.

    facenext train CONFIG --gpus PROCESSES
    python -m mmseg_facenext.cli.launch PROCESSES SCRIPT [ARGUMENTS...]

Several machines: run it on each with NNODES, NODE_RANK, MASTER_ADDR and PORT in the environment, as
torchrun has them. On one machine a free port is found unless PORT is given. MAX_RESTARTS=N starts all processes
again, up to N times, when one of them dies; training then goes on from the last checkpoint.

SIGTERM, SIGUSR1 and Ctrl-C go on to the processes, which save and stop (TORCH_ELASTIC_SHUTDOWN_TIMEOUT seconds are
theirs, 300 unless set); the exit code is then 75, after Ctrl-C 130.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from uuid import uuid4

import torch.distributed.run as torchrun
from torch.distributed.elastic.agent.server import api as torchrun_agent
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from ..errors import INTERRUPTED, UserError
from ..utils.cpu_count import usable_cores
from ..utils.launched import LAUNCHED, LAUNCHER_PID, check_gpus
from .run import OUTCOME, run_tool

DEFAULT_PORT = 29500  # torchrun's own; several machines must agree on one without talking
LAST_PORT = 2**16 - 1


def main() -> None:
    if len(sys.argv) < 3:
        raise UserError('usage: python -m mmseg_facenext.cli.launch PROCESSES SCRIPT [ARGUMENTS...]')
    processes, *command = sys.argv[1:]
    sys.exit(launch(_count(processes, 'number of processes'), command))


def launch(processes: int, command: list[str]) -> int:
    """Run a command in that many processes; return the exit code of the first that failed, or 0.

    Args:
        processes: on this machine.
        command: a script and its arguments, or '--module', a module and its arguments.

    Raises:
        UserError: no such number of GPUs, a taken port, contradictory NNODES / NODE_RANK, or an unknown
            MASTER_ADDR.
    """
    check_gpus(processes)
    nodes = _count(os.environ.get('NNODES', '1'), 'NNODES')
    node_rank = _count(os.environ.get('NODE_RANK', '0'), 'NODE_RANK', least=0)
    if node_rank >= nodes:
        raise UserError(f'NODE_RANK={node_rank} with NNODES={nodes}: ranks go from 0 to {nodes - 1}')
    address = os.environ.get('MASTER_ADDR', '127.0.0.1')
    if nodes > 1 and 'MASTER_ADDR' not in os.environ:
        raise UserError(f'NNODES={nodes} needs MASTER_ADDR: the address of the machine with NODE_RANK=0')
    _check_address(address)
    restarts = _count(os.environ.get('MAX_RESTARTS', '0'), 'MAX_RESTARTS', least=0)
    port = _port(nodes, node_rank)
    if nodes > 1:  # torchrun waits for the others in silence, for up to a quarter of an hour
        print(
            f'NODE_RANK={node_rank} of NNODES={nodes} meets the others at {address}:{port}', file=sys.stderr
        )

    # Left alone, torchrun and mmengine give every process one thread, however many cores there are.
    threads = str(max(1, usable_cores() // processes))
    for library in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
        os.environ.setdefault(library, threads)
    os.environ[LAUNCHED] = uuid4().hex
    os.environ[LAUNCHER_PID] = str(os.getpid())
    os.environ.setdefault('TORCH_ELASTIC_SHUTDOWN_TIMEOUT', '300')  # 30 would be torchrun's
    if hasattr(signal, 'SIGUSR1'):
        signal.signal(signal.SIGUSR1, _stop)
    # The processes report their own failure; torchrun would add a page of its own to it.
    for name in ('torch.distributed.elastic', torchrun_agent.logger.name):  # which has a level of its own
        logging.getLogger(name).setLevel(logging.CRITICAL)
    options = torchrun.parse_args([
        f'--nnodes={nodes}', f'--node-rank={node_rank}', f'--nproc-per-node={processes}',
        f'--max-restarts={restarts}', f'--master-addr={address}', f'--master-port={port}',
        *command,
    ])  # fmt: skip
    with TemporaryDirectory(prefix='facenext_') as folder:
        outcome = Path(folder, 'exit_code')
        os.environ[OUTCOME] = str(outcome)
        return _run(options, outcome)


def _run(options: argparse.Namespace, outcome: Path) -> int:
    try:
        torchrun.run(options)
    except ChildFailedError as failed:
        rank, failure = failed.get_first_failure()
        if failure.exitcode < 0:
            name = signal.Signals(-failure.exitcode).name
            hint = ' (out of memory?)' if name == 'SIGKILL' else ''
            print(f'error: process {rank} was ended by {name}{hint}', file=sys.stderr)
            return 1
        return failure.exitcode
    except SignalException as stopped:
        if outcome.exists():
            return int(outcome.read_text())
        return INTERRUPTED if stopped.sigval == signal.SIGINT else 128 + stopped.sigval
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    """Do with a signal what torchrun does with SIGTERM: send it to all processes and wait for them."""
    raise SignalException('stopped', signal.Signals(number))


def _count(text: str, name: str, least: int = 1) -> int:
    if not text.isdigit() or int(text) < least:
        raise UserError(f'{name} must be a whole number of at least {least}, got {text!r}')
    return int(text)


def _check_address(address: str) -> None:
    """torchrun would ask for a name that nobody knows again and again, for minutes."""
    try:
        socket.getaddrinfo(address, None)
    except (OSError, UnicodeError) as error:
        raise UserError(
            f'MASTER_ADDR={address} cannot be found ({error}): name the machine with NODE_RANK=0, '
            'or unset it on a single machine'
        ) from error


def _port(nodes: int, node_rank: int) -> int:
    given = os.environ.get('PORT')
    if given is None and nodes == 1:
        return _free_port()
    port = DEFAULT_PORT if given is None else _count(given, 'PORT')
    if port > LAST_PORT:
        raise UserError(f'PORT={port}: choose one up to {LAST_PORT}')
    if node_rank == 0:
        _check_free(port, nodes)
    return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('', 0))
        return probe.getsockname()[1]


def _check_free(port: int, nodes: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('', port))
        except OSError as error:
            remedy = (
                'leave PORT unset to have a free one found, or choose another'
                if nodes == 1
                else 'choose another, the same on every machine, and start NODE_RANK=0 once'
            )
            raise UserError(f'PORT={port} cannot be used ({error}): {remedy}') from error


if __name__ == '__main__':
    run_tool(main)
