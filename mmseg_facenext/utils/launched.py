"""What a launcher tells the processes that it starts; here, so that it need not import what they do."""

import torch

from ..errors import UserError

LAUNCHED = 'FACENEXT_LAUNCHED'
"""A name of this launch, which restarts do not change; checkpoints of its training carry it."""
LAUNCHER_PID = 'FACENEXT_LAUNCHER_PID'


def check_gpus(processes: int) -> None:
    """Check that this machine has no GPUs or enough for all processes; else raise UserError."""
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if 0 < gpus < processes:
        raise UserError(
            f'{processes} processes asked for, but this machine shows {gpus} GPU(s): start at most {gpus}, '
            'check CUDA_VISIBLE_DEVICES, or hide the GPUs (CUDA_VISIBLE_DEVICES=) to train on the CPU'
        )
