"""Initialise torch.distributed in a process that a launcher has started."""

from __future__ import annotations

import os
from datetime import timedelta

import torch
import torch.distributed as dist
from mmengine.device import utils as device

from ..errors import UserError
from ..utils.launched import check_gpus

LAUNCHERS = ('none', 'pytorch', 'slurm')
ADDRESS = ('MASTER_ADDR', 'MASTER_PORT')
NUMBERS = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_PORT')
SLURM_NAMES = {'RANK': 'SLURM_PROCID', 'WORLD_SIZE': 'SLURM_NTASKS', 'LOCAL_RANK': 'SLURM_LOCALID'}


def init_distributed(launcher: str, timeout_s: float | None = None) -> None:
    """Join the process group: NCCL where every process has its own GPU, gloo on machines without one.

    It comes before mmengine's own initialisation, which insists on CUDA.

    Args:
        launcher: 'none' (one process), 'pytorch' (torchrun's environment variables) or 'slurm' (srun's).
        timeout_s: how long a process waits for the others; None is torch's default.

    Raises:
        UserError: the launcher's variables are missing or no numbers, or this process has no GPU of its own.
    """
    if launcher == 'none' or dist.is_initialized():
        return
    if launcher == 'slurm':
        os.environ.update(
            {name: os.environ[slurm] for name, slurm in SLURM_NAMES.items() if slurm in os.environ}
        )
    if missing := [name for name in (*SLURM_NAMES, *ADDRESS) if name not in os.environ]:
        raise UserError(
            f'--launcher {launcher} needs {", ".join(missing)} in the environment; '
            'start with --gpus, tools/dist_train.sh, tools/dist_test.sh or tools/slurm_*.sh'
        )
    timeout = None if timeout_s is None else timedelta(seconds=timeout_s)
    if odd := [f'{name}={os.environ[name]}' for name in NUMBERS if not os.environ[name].isdigit()]:
        raise UserError(f'{", ".join(odd)} in the environment: expected a number; unset what is left over')
    if torch.cuda.is_available():
        local_rank = int(os.environ['LOCAL_RANK'])
        check_gpus(local_rank + 1)
        torch.cuda.set_device(local_rank)
        _join('nccl', timeout)
    else:
        device.DEVICE = 'cpu'  # on a Mac mmengine would take the one GPU, for which there is no backend
        _join('gloo', timeout)


def _join(backend: str, timeout: timedelta | None) -> None:
    """Initialise the process group, with a key prefix of its own after a restart by torchrun.

    torchrun keeps its key-value store over a restart, and in it the addresses of the processes that died.
    """
    restarts = os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')
    if restarts == '0':
        dist.init_process_group(backend, timeout=timeout)
        return
    store, rank, processes = next(dist.rendezvous('env://', timeout=timeout or dist.default_pg_timeout))
    names = dist.PrefixStore(f'restart_{restarts}', store)
    dist.init_process_group(backend, store=names, rank=rank, world_size=processes, timeout=timeout)
