"""Evaluation, checkpoints, logs and the environment of a training."""

from __future__ import annotations

import inspect
from typing import Any

from ...evaluation import KNOWN_METRICS
from ..checks.sections import HOOK, registered
from ..remedies import unknown_type
from .schedule import Length
from .section import Section

VIS_BACKENDS = {
    'TensorboardLoggerHook': 'TensorboardVisBackend',
    'WandbLoggerHook': 'WandbVisBackend',
    'MlflowLoggerHook': 'MLflowVisBackend',
}
LOGGER_HOOKS = ('TextLoggerHook', *VIS_BACKENDS)
OWN_HOOKS = ('NanGuardHook', 'OneModelHook', 'HostMemoryHook', 'ReportHook')
SINGLE_WORKFLOW = [('train', 1)]


def translate_evaluation(top: Section, length: Length | None, sets: dict[str, Any]) -> tuple[dict, dict]:
    """Loops and evaluators, and what the checkpoint hook keeps as the best."""
    evaluation = top.part('evaluation')
    metrics = evaluation.take('metric', 'mIoU')
    metrics = [metrics] if isinstance(metrics, str) else list(metrics)
    if unknown := [name for name in metrics if name not in KNOWN_METRICS]:
        evaluation.problem('metric', f'{", ".join(unknown)}; known are {", ".join(KNOWN_METRICS)}')
    interval = evaluation.take('interval')
    when = evaluation.take_all('dynamic_intervals')
    if (start := evaluation.take('start')) is not None:
        when['val_begin'] = start
        evaluation.note('start', 'train_cfg.val_begin; validations stay at multiples of the interval')
    best = evaluation.take_all('save_best', 'rule', 'greater_keys', 'less_keys')
    idle = evaluation.take_all('pre_eval', 'efficient_test', 'gpu_collect', 'tmpdir', 'by_epoch')
    if idle:
        evaluation.note(
            ', '.join(idle), 'left out: FaceMetric always counts pixels and never collects predictions'
        )
    evaluation.close()
    new: dict[str, Any] = {}
    if length:
        unit = 'epochs' if length.by_epoch else 'iters'
        loop = 'EpochBasedTrainLoop' if length.by_epoch else 'IterBasedTrainLoop'
        new['train_cfg'] = {'type': loop, f'max_{unit}': length.total}
        if 'val_dataloader' in sets:
            interval = (1 if length.by_epoch else length.total) if interval is None else interval
            new['train_cfg'].update(val_interval=interval, **when)
            evaluation.report.note(
                f'evaluation -> train_cfg.val_interval={interval}, FaceMetric({", ".join(metrics)})'
                + (f', CheckpointHook(save_best={best["save_best"]!r})' if best.get('save_best') else '')
            )
    for split in ('val', 'test'):
        if f'{split}_dataloader' in sets:
            new[f'{split}_cfg'] = dict(type='ValLoop' if split == 'val' else 'TestLoop')
            new[f'{split}_evaluator'] = dict(type='FaceMetric', iou_metrics=metrics)
    return new, best if 'val_dataloader' in sets else {}


def translate_hooks(top: Section, by_epoch: bool, best: dict[str, Any]) -> dict[str, Any]:
    """`checkpoint_config`, `log_config`, `custom_hooks`."""
    interval, backends = _translate_logs(top.part('log_config'))
    hooks = dict(
        timer=dict(type='IterTimerHook'),
        logger=dict(type='LoggerHook', interval=interval, log_metric_by_epoch=by_epoch),
        param_scheduler=dict(type='ParamSchedulerHook'),
        checkpoint=_translate_checkpoints(top.part('checkpoint_config'), by_epoch, best),
        sampler_seed=dict(type='DistSamplerSeedHook'),
    )
    return dict(
        default_hooks=hooks,
        custom_hooks=[dict(type=name) for name in OWN_HOOKS] + _translate_custom_hooks(top),
        vis_backends=backends,
        visualizer=dict(type='SegLocalVisualizer', vis_backends=backends),
        log_processor=dict(by_epoch=by_epoch),
    )


def _translate_checkpoints(config: Section, by_epoch: bool, best: dict[str, Any]) -> dict[str, Any]:
    same = config.take_all(
        'interval', 'max_keep_ckpts', 'save_optimizer', 'save_last', 'out_dir', 'filename_tmpl'
    )
    by_epoch = config.take('by_epoch', by_epoch)
    if config.take_all('meta', 'sync_buffer', 'create_symlink'):
        config.note(
            'meta, sync_buffer, create_symlink',
            'left out: always written, always synchronised, last_checkpoint',
        )
    config.close()
    config.report.note('checkpoint_config -> default_hooks.checkpoint')
    return dict(type='CheckpointHook', by_epoch=by_epoch, **same, **best)


def _translate_logs(config: Section) -> tuple[int, list[dict[str, Any]]]:
    """Return the interval and the visualisation backends."""
    interval = config.take('interval', 10)
    backends: list[dict[str, Any]] = [dict(type='LocalVisBackend')]
    for position, values in enumerate(config.take('hooks') or ()):
        hook = config.child(values, f'hooks.{position}')
        kind = hook.take('type')
        hook.take_all('by_epoch', 'ignore_last', 'reset_flag')
        interval = hook.take('interval', interval)
        if kind in VIS_BACKENDS:
            backends.append(dict(type=VIS_BACKENDS[kind], **hook.take_all('init_kwargs')))
        elif kind not in LOGGER_HOOKS:
            hook.problem('type', f'{kind!r} has no counterpart')
        hook.close()
    config.close()
    names = ', '.join(backend['type'] for backend in backends)
    config.report.note(f'log_config -> default_hooks.logger (every {interval}), vis_backends ({names})')
    return interval, backends


def _translate_custom_hooks(top: Section) -> list[dict[str, Any]]:
    kept = []
    for position, values in enumerate(top.take('custom_hooks') or ()):
        hook = top.child(values, f'custom_hooks.{position}')
        known = registered(hook.values.get('type'), HOOK)
        if known is None:
            hook.problem('type', unknown_type(hook.values.get('type'), HOOK))
            continue
        parameters = inspect.signature(known).parameters
        anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        kept.append(hook.take_all('type', 'priority', *(hook.values if anything else parameters)))
        hook.close()
    return kept


def translate_environment(top: Section) -> dict[str, Any]:
    """Translate where to start from, seeds, processes, imports."""
    new: dict[str, Any] = dict(
        env_cfg=dict(
            cudnn_benchmark=bool(top.take('cudnn_benchmark', False)),
            mp_cfg=dict(
                mp_start_method=top.take('mp_start_method', 'fork'),
                opencv_num_threads=top.take('opencv_num_threads', 0),
            ),
        ),
        **top.take_all('log_level', 'find_unused_parameters', 'work_dir'),
    )
    imports = top.part('custom_imports')
    new['custom_imports'] = dict(
        imports=list(dict.fromkeys(['mmseg_facenext.register', *_names(imports.take('imports'))])),
        allow_failed_imports=imports.take('allow_failed_imports', False),
    )
    imports.close()
    seed, deterministic = top.take('seed'), top.take('deterministic')
    if seed is not None or deterministic:
        new['randomness'] = dict(seed=seed, deterministic=bool(deterministic))
        top.note('seed, deterministic', 'randomness')
    _translate_start(top, new)
    _drop_launching(top)
    return new


def _names(imports: Any) -> list[str]:
    return [imports] if isinstance(imports, str) else list(imports or ())


def _translate_start(top: Section, new: dict[str, Any]) -> None:
    """`resume_from` went before `load_from`; `auto_resume` looks for the last checkpoint of the work dir."""
    new['load_from'], resume_from = top.take('load_from'), top.take('resume_from')
    new['resume'] = bool(top.take('auto_resume', False))
    if resume_from:
        new.update(load_from=None, resume=resume_from)
        top.note('resume_from', f'resume={resume_from!r}')
    elif new['resume']:
        top.note('auto_resume', 'resume=True')


def _drop_launching(top: Section) -> None:
    """What the launcher says now, and a workflow that trains only."""
    workflow = [tuple(phase) for phase in top.take('workflow', SINGLE_WORKFLOW)]
    if [mode for mode, _ in workflow] != ['train']:
        top.problem(
            'workflow', f'{workflow}: only training is repeated; losses on data.val are no longer computed'
        )
    dist_params = top.part('dist_params')
    dist_params.take('backend')
    dist_params.close()
    if dropped := top.take_all('gpu_ids', 'gpus', 'device', 'launcher', 'local_rank'):
        top.note(', '.join(dropped), 'left out: the launcher says it')
    top.report.note('dist_params, workflow -> left out: nccl on GPUs and gloo on CPUs, training only')
