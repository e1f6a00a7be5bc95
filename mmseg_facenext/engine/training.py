"""Training a config from start to end."""

from __future__ import annotations

from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger

from ..errors import UserError
from .distributed import init_distributed
from .runner import FaceRunner

AMP_WRAPPERS = {'bf16': 'Bf16OptimWrapper', 'fp16': 'AmpOptimWrapper'}


def train(
    cfg: Config,
    *,
    launcher: str = 'none',
    resume: bool | str = False,
    load_from: str | None = None,
    amp: str | None = None,
    compile: bool = False,
    seed: int | None = None,
    deterministic: bool = False,
) -> FaceRunner:
    """Trains what the config says; gives the runner with the trained model.

    Args:
        cfg: from `load_config`; it is changed to what is trained.
        launcher: 'none', 'pytorch' or 'slurm', see `init_distributed`.
        resume: True goes on from the last checkpoint in `work_dir` (from the start where there is none),
            a path from that checkpoint, with its optimizer, schedule and iteration.
        load_from: a checkpoint whose weights alone are taken to start from.
        amp: 'bf16' (any device) or 'fp16' (GPU, with loss scaling).
        compile: `torch.compile` backbone and decode head.
        seed: of weights, augmentation and order; None draws one.
        deterministic: deterministic algorithms only; slower.

    Raises:
        UserError: contradictory options, or anything in config, data or checkpoint that the user can mend.
    """
    if resume and load_from:
        raise UserError('--load-from starts anew from weights, --resume goes on with a training: choose one')
    if amp is not None:
        cfg.optim_wrapper.type = _amp_wrapper(amp)
    cfg.launcher = launcher
    cfg.compile = compile
    cfg.resume = bool(resume)
    cfg.load_from = _resume_path(cfg, resume) if resume else load_from or cfg.get('load_from')
    asked = {} if seed is None else {'seed': seed}
    cfg.randomness = {'seed': None, **(cfg.get('randomness') or {}), **asked, 'deterministic': deterministic}
    init_distributed(launcher)
    runner = FaceRunner.from_cfg(cfg)
    if resume and cfg.load_from is None:
        runner.logger.warning(f'Nothing to resume in {cfg.work_dir}: starting from iteration 0')
    runner.train()
    return runner


def _amp_wrapper(amp: str) -> str:
    if amp not in AMP_WRAPPERS:
        raise UserError(f'--amp {amp}: choose from {", ".join(AMP_WRAPPERS)}')
    if amp == 'fp16' and not torch.cuda.is_available():
        raise UserError('--amp fp16 needs a GPU for its loss scaling; use --amp bf16 on the CPU')
    return AMP_WRAPPERS[amp]


def _resume_path(cfg: Config, resume: bool | str) -> str | None:
    if isinstance(resume, str):
        return resume
    pointer = Path(cfg.work_dir, 'last_checkpoint')
    if not pointer.exists():
        return None
    path = Path(pointer.read_text().strip())
    # The pointer holds the path as it was written; the whole folder may have moved since.
    for candidate in (path, pointer.parent / path.name):
        if candidate.exists():
            return str(candidate)
    raise UserError(
        f'{pointer} names {path}, which is gone; name another checkpoint with --resume-from, '
        f'or delete {pointer} to start anew'
    )


def log_interruption(cfg: Config) -> None:
    """Says where a stopped training stands and how to go on with it."""
    pointer = Path(cfg.work_dir, 'last_checkpoint')
    kept = (
        f'last checkpoint: {pointer.read_text().strip()}'
        if pointer.exists()
        else 'no checkpoint was written yet'
    )
    MMLogger.get_current_instance().warning(f'Stopped; {kept}. Add --resume to the same command to go on')
