"""Train the model of a config."""

from __future__ import annotations

import copy
import os
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.logging import MMLogger
from mmseg.registry import DATASETS

from ..checkpoints import read_checkpoint
from ..errors import UserError
from ..evaluation import KNOWN_METRICS, result_keys
from ..utils.launched import LAUNCHED
from ..utils.wrapped_datasets import inner_datasets
from .balance import balance as balance_classes
from .distributed import init_distributed
from .runner import FaceRunner
from .work_dir import how_to_go_on, last_checkpoint, only_training_in

NEEDED = ('train_dataloader', 'train_cfg', 'optim_wrapper')
LOGGERS = {'wandb': 'WandbVisBackend', 'mlflow': 'MLflowVisBackend', 'tensorboard': 'TensorboardVisBackend'}
AMP_WRAPPERS = {'bf16': 'Bf16OptimWrapper', 'fp16': 'AmpOptimWrapper'}


def train(
    cfg: Config,
    *,
    launcher: str = 'none',
    resume: bool | str | None = None,
    load_from: str | None = None,
    amp: str | None = None,
    compile: bool | None = None,
    seed: int | None = None,
    deterministic: bool | None = None,
    trust: bool = False,
    accumulate: int | None = None,
    ema: float | None = None,
    profile: bool = False,
    overfit: int | None = None,
    balance: str | None = None,
    early_stop: int | None = None,
    log: Sequence[str] = (),
    freeze: Sequence[str] | None = None,
) -> FaceRunner:
    """Train the model of a config and return the runner.

    An argument that is None leaves the config's own setting.

    Args:
        cfg: from `load_config`; it is changed to what is trained.
        launcher: 'none', 'pytorch' or 'slurm', see `init_distributed`.
        resume: True goes on from the last checkpoint in `work_dir` (where there is none, from the start or
            the config's `load_from`), a path from that checkpoint, with optimizer, schedule and iteration.
        load_from: a checkpoint whose weights alone are taken to start from.
        amp: 'bf16' (any device) or 'fp16' (GPU, with loss scaling).
        compile: `torch.compile` backbone and decode head.
        seed: of weights, augmentation and order; None takes the config's or draws one.
        deterministic: deterministic algorithms only; slower.
        trust: read checkpoints that hold code too, see `read_checkpoint`.
        accumulate: iterations whose gradients make one update; the schedule still counts iterations.
        ema: validate and save a moving average of the weights that each iteration moves by this share.
        profile: print the ten operators that take longest in iterations 11 to 15 of the first process and write a trace
            of them to `<work_dir>/profile_trace.json` (for https://ui.perfetto.dev), by mmengine's ProfilerHook.
        overfit: train on that many images and validate on the same ones, to see whether a model can learn them at all.
        balance: let rare classes count more: 'weights', 'sampling' or 'both', see `balance.py`.
        early_stop: end the training when the score has not risen in that many validations.
        log: where scores and losses go besides files and TensorBoard: any of `LOGGERS`.
        freeze: modules of the model, by name ('backbone', 'backbone.block1'), that stay as they are.

    Raises:
        UserError: contradictory options, another training in `work_dir`, or anything in config, data or checkpoint that
            the user can mend.
        Stopped: SIGINT, SIGTERM or SIGUSR1 came, and the training is saved (only in the main thread).
    """
    if resume and load_from:
        raise UserError('--load-from starts anew from weights, --resume goes on with a training: choose one')
    if missing := [key for key in NEEDED if cfg.get(key) is None]:
        raise UserError(f'config {cfg.filename} has no {" and no ".join(missing)}: nothing to train')
    _check_save_best(cfg)
    if overfit is not None:
        _overfit(cfg, overfit)
    for key, value in (('balance', balance), ('frozen', freeze)):
        if value is not None:
            cfg[key] = value
    _add_loggers(cfg, log)
    if amp is not None:
        cfg.optim_wrapper.type = _amp_wrapper(amp)
        if amp == 'bf16':
            cfg.optim_wrapper.pop('loss_scale', None)  # the config's, for float16
    if compile is not None:
        cfg.compile = compile
    if cfg.get('compile') and cfg.model.backbone.get('with_cp'):
        raise UserError(
            '--compile cannot look into recomputed blocks: choose it or model.backbone.with_cp=True'
        )
    if accumulate is not None:
        cfg.optim_wrapper.accumulative_counts = accumulate
    hooks = [dict(type='FaceEMAHook', momentum=ema)] if ema is not None else []
    if early_stop is not None:
        hooks.append(_early_stopping(cfg, early_stop))
    profiler = [_profiler(cfg)] if profile else []
    cfg.custom_hooks = _replaced(cfg.get('custom_hooks') or [], hooks + profiler)
    cfg.launcher = launcher
    resume = cfg.get('resume', False) if resume is None else resume
    if restarted():
        resume = _written_since_launch(Path(cfg.work_dir), trust) or resume
    last = resume if isinstance(resume, str) else last_checkpoint(Path(cfg.work_dir)) if resume else None
    cfg.resume = last is not None
    cfg.load_from = last or load_from or cfg.get('load_from')
    cfg.randomness = _randomness(cfg, seed, deterministic, trust)
    if cfg.load_from:
        # All weights come from there: the pretrained backbone need not be fetched to be replaced.
        cfg.model.backbone.pop('init_cfg', None)
    elif trust and cfg.model.backbone.get('init_cfg'):
        cfg.model.backbone.init_cfg.trust = True
    init_distributed(launcher, (cfg.get('env_cfg') or {}).get('dist_cfg', {}).get('timeout'))
    balance_classes(cfg)
    if not is_main_process():
        cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook not in profiler]
    with only_training_in(Path(cfg.work_dir)) if is_main_process() else nullcontext():
        runner = FaceRunner.from_cfg(cfg)
        runner.trust_checkpoint = trust
        if resume and not cfg.resume:
            runner.logger.warning(f'Nothing to resume in {cfg.work_dir}: starting from iteration 0')
        elif not cfg.resume and Path(cfg.work_dir, 'last_checkpoint').exists():
            runner.logger.warning(
                f'{cfg.work_dir} holds an earlier training, whose checkpoints are overwritten one by one '
                '(--resume goes on with it, --work-dir chooses another folder)'
            )
        with traceback_kept(runner):
            runner.train()
    return runner


def restarted() -> bool:
    """Tell whether an elastic launch (`--max-restarts`) or Slurm started this process again."""
    counts = (os.environ.get(name, '0') for name in ('TORCHELASTIC_RESTART_COUNT', 'SLURM_RESTART_COUNT'))
    return any(count.isdigit() and int(count) > 0 for count in counts)


def _written_since_launch(work_dir: Path, trust: bool) -> str | None:
    """Return the last checkpoint if this job wrote it: the folder may hold those of an earlier training, too."""
    last, launched = last_checkpoint(work_dir), os.environ.get(LAUNCHED)
    if last and launched and (read_checkpoint(last, trust=trust).get('meta') or {}).get(LAUNCHED) != launched:
        return None
    return last


def _early_stopping(cfg: Config, patience: int) -> dict[str, Any]:
    """Return mmengine's hook, which watches the score that the best checkpoint is chosen by."""
    checkpoint = cfg.get('default_hooks', {}).get('checkpoint', {})
    monitor = checkpoint.get('save_best')
    monitor = monitor if isinstance(monitor, str) and monitor != 'auto' else 'mIoU'
    return dict(
        type='EarlyStoppingHook', monitor=monitor, rule=checkpoint.get('rule') or 'greater', patience=patience
    )


def _add_loggers(cfg: Config, names: Sequence[str]) -> None:
    """Add mmengine's backends to the visualizer, which writes the log to each."""
    for name in names:
        if name not in LOGGERS:
            raise UserError(f'--log {name}: choose from {", ".join(LOGGERS)}')
    if not names:
        return
    project, run = Path(cfg.work_dir).parent.name or 'facenext', Path(cfg.work_dir).name
    settings: dict[str, dict[str, Any]] = {
        'wandb': dict(init_kwargs=dict(project=project, name=run)),
        'mlflow': dict(exp_name=project, run_name=run),
        'tensorboard': {},
    }
    visualizer = cfg.get('visualizer') or dict(type='SegLocalVisualizer')
    backends = list(
        visualizer.get('vis_backends') or cfg.get('vis_backends') or [dict(type='LocalVisBackend')]
    )
    there = {backend['type'] for backend in backends}
    backends += [dict(type=LOGGERS[n], **settings[n]) for n in names if LOGGERS[n] not in there]
    cfg.visualizer = {**visualizer, 'vis_backends': backends}


def _overfit(cfg: Config, number: int) -> None:
    """Let training and validation see the first images of the training set, the same ones, validation unchanged."""
    learnt = next(inner_datasets(cfg.train_dataloader.dataset))
    learnt.indices = number
    if cfg.get('val_dataloader'):
        scored = copy.deepcopy(learnt)
        scored.pipeline = next(inner_datasets(cfg.val_dataloader.dataset)).pipeline
        scored.test_mode = True
        cfg.val_dataloader.dataset = scored
    cfg.train_dataloader.dataset = learnt


def _profiler(cfg: Config) -> dict[str, Any]:
    """Return the hook of `--profile`; iterations before are for compiling and choosing kernels."""
    wait, warmup, active = 9, 1, 5
    iterations = wait + warmup + active
    if cfg.train_cfg.get('max_iters', iterations) < iterations:
        raise UserError(
            f'--profile takes {iterations} iterations, this training has {cfg.train_cfg.max_iters}: '
            f'--cfg-options train_cfg.max_iters={iterations}'
        )
    gpu = torch.cuda.is_available()
    return dict(
        type='ProfilerHook',
        by_epoch=False,
        profile_times=iterations,
        activity_with_cuda=gpu,
        schedule=dict(wait=wait, warmup=warmup, active=active, repeat=1),
        on_trace_ready=dict(
            type='log_trace', sort_by=f'self_{"cuda" if gpu else "cpu"}_time_total', row_limit=10
        ),
        json_trace_path=str(Path(cfg.work_dir, 'profile_trace.json')),
    )


def _replaced(hooks: list, by: list[dict]) -> list:
    """`hooks` with those of `by`; a config that a training has left behind has the hooks of its options."""
    types = {hook['type'] for hook in by}
    return [hook for hook in hooks if not (isinstance(hook, dict) and hook.get('type') in types)] + by


@contextmanager
def traceback_kept(runner: FaceRunner) -> Iterator[None]:
    """Write the traceback of a defect into the log folder, one file per process: consoles scroll away."""
    try:
        yield
    except UserError:
        raise
    except Exception:
        Path(runner._log_dir, f'traceback_rank{runner.rank}.txt').write_text(traceback.format_exc())
        raise


def _randomness(cfg: Config, seed: int | None, deterministic: bool | None, trust: bool) -> dict:
    randomness = {'seed': None, **(cfg.get('randomness') or {})}
    if seed is not None:
        randomness['seed'] = seed
    elif randomness['seed'] is None and cfg.resume:
        # The order of the images follows from the seed; it is set up before the checkpoint is loaded.
        randomness['seed'] = (read_checkpoint(cfg.load_from, trust=trust).get('meta') or {}).get('seed')
    if deterministic is not None:
        randomness['deterministic'] = deterministic
    if randomness.get('deterministic'):
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')  # cuBLAS is deterministic only with it
    return randomness


def _check_save_best(cfg: Config) -> None:
    """A best score that no metric gives would end the training at its first validation, hours later."""
    wanted = cfg.get('default_hooks', {}).get('checkpoint', {}).get('save_best')
    evaluator = cfg.get('val_evaluator')
    if not isinstance(wanted, str) or wanted == 'auto' or not isinstance(evaluator, dict):
        return
    if evaluator.get('type') == 'FaceMetric' and 'prefix' not in evaluator:
        dataset = (cfg.get('val_dataloader') or {}).get('dataset') or {}
        meta = getattr(DATASETS.get(str(dataset.get('type'))), 'METAINFO', {})
        given = result_keys(evaluator.get('iou_metrics', KNOWN_METRICS), meta.get('classes', ()))
        if wanted not in given:
            raise UserError(
                f'config {cfg.filename}: save_best={wanted!r} is not among the scores of val_evaluator: '
                f'{", ".join(given)}'
            )


def _amp_wrapper(amp: str) -> str:
    if amp not in AMP_WRAPPERS:
        raise UserError(f'--amp {amp}: choose from {", ".join(AMP_WRAPPERS)}')
    if amp == 'fp16' and not torch.cuda.is_available():
        raise UserError('--amp fp16 needs a GPU for its loss scaling; use --amp bf16 on the CPU')
    return AMP_WRAPPERS[amp]


def log_interruption(cfg: Config) -> None:
    """Say where a training that was not even saved stands."""
    MMLogger.get_current_instance().warning(f'Stopped at once; {how_to_go_on(Path(cfg.work_dir))}')
