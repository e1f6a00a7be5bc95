"""What is known of settings beyond the signatures of classes: dicts that functions read, and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from mmengine.runner import set_random_seed
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.utils.data import DataLoader

from ...evaluation import KNOWN_METRICS
from .annotations import AtLeast, NotEmpty
from .sections import DATASET, HOOK, LAYER, LOOP, MODEL, OPTIM_WRAPPER, OPTIMIZER, SCHEDULER, VISUALIZER, Kind
from .signatures import Argument, Signature, signature_of

Count = Annotated[int, AtLeast(1)]
FromZero = Annotated[int, AtLeast(0)]
Positive = Annotated[float, AtLeast(0)]
Size = int | tuple[int, int]
Metric: Any = Literal[tuple(KNOWN_METRICS)]
Metrics: Any = Metric | Annotated[Sequence[Metric], NotEmpty]

# In place of what a class says of an argument, by the kind of part.
LIMITS: dict[Kind, dict[str, Any]] = {
    LOOP: dict(max_iters=Count, max_epochs=Count, val_interval=Count, val_begin=FromZero),
    OPTIM_WRAPPER: dict(accumulative_counts=Count),
    OPTIMIZER: dict(lr=Positive, weight_decay=Positive),
    DATASET: dict(pipeline=Annotated[Sequence[dict], NotEmpty]),
    MODEL: dict(num_classes=Count),
    VISUALIZER: dict(vis_backends=Sequence[dict] | dict | None),
    SCHEDULER: dict(eta_min_ratio=float | None),
}
# The same for single classes, those made from them included.
OF_CLASSES: dict[str, dict[str, Any]] = {
    'CheckpointHook': dict(interval=Count),
    'LoggerHook': dict(interval=Count),
    'FaceMetric': dict(iou_metrics=Metrics),
    'IoUMetric': dict(iou_metrics=Metrics),
    'AmpOptimWrapper': dict(loss_scale=float | str | dict),
}
# Arguments that are taken out before a class is called.
ALSO_TAKEN: dict[Kind, dict[str, Any]] = {
    HOOK: dict(priority=int | str),
    LAYER: dict(requires_grad=bool),
    OPTIM_WRAPPER: dict(constructor=str, paramwise_cfg=dict | None),
}
# `CheckpointHook` passes what it does not know to `runner.save_checkpoint`.
HANDED_ON: dict[str, dict[str, Any]] = {
    'CheckpointHook': dict(file_client_args=dict | None, save_param_scheduler=bool, backend_args=dict | None),
}

LOADER = dict(
    dataset=dict, sampler=dict | None, batch_sampler=dict | None, collate_fn=Any, worker_init_fn=Any
)


def _of(annotations: dict[str, Any], closed: bool = True, required: Sequence[str] = ()) -> Signature:
    return Signature({name: Argument(each, name in required) for name, each in annotations.items()}, closed)


def _with(signature: Signature, **annotations: Any) -> Signature:
    return Signature({**signature.arguments, **_of(annotations).arguments}, signature.closed)


# The settings at the top.
TOP = _of(
    dict(
        model=dict, train_dataloader=dict | None, val_dataloader=dict | None, test_dataloader=dict | None,
        train_cfg=dict | None, val_cfg=dict | None, test_cfg=dict | None, optim_wrapper=dict | None,
        param_scheduler=Sequence[dict] | dict | None, val_evaluator=Annotated[Sequence[dict], NotEmpty] | dict | None,
        test_evaluator=Annotated[Sequence[dict], NotEmpty] | dict | None, default_hooks=dict[str, dict | None] | None,
        custom_hooks=Sequence[dict] | None, env_cfg=dict, randomness=dict, visualizer=dict | None,
        tta_model=dict | None,
        vis_backends=Sequence[dict] | dict | None, log_processor=dict | None, log_level=str | int, work_dir=str | None,
        load_from=str | None, resume=bool | str, launcher=str, default_scope=str | None, compile=bool | dict,
        find_unused_parameters=bool, custom_imports=dict | None, model_wrapper_cfg=dict | None,
        sync_bn=str | None, balance=Literal['weights', 'sampling', 'both'] | None, frozen=Sequence[str] | None,
        train_pipeline=Sequence, val_pipeline=Sequence, test_pipeline=Sequence,
        tta_pipeline=Sequence | None,
    ),
    closed=False,
)  # fmt: skip
# Dicts by their place. Where one is not closed, a name that nothing reads is an error only if it resembles a known one.
DICTS: dict[str, Signature] = {
    'env_cfg': _of(dict(cudnn_benchmark=bool, mp_cfg=dict, dist_cfg=dict, resource_limit=int), closed=False),
    'env_cfg.mp_cfg': _of(
        dict(mp_start_method=Literal['fork', 'spawn', 'forkserver'] | None, opencv_num_threads=FromZero), closed=False
    ),
    'randomness': signature_of(set_random_seed),
    'custom_imports': _of(dict(imports=Sequence[str] | str, allow_failed_imports=bool)),
    'optim_wrapper.paramwise_cfg': _of(
        dict(
            lr_mult=float, decay_mult=float, bias_lr_mult=float, bias_decay_mult=float, norm_decay_mult=float,
            flat_decay_mult=float, dwconv_decay_mult=float, dcn_offset_lr_mult=float, bypass_duplicate=bool,
            custom_keys=dict[str, dict],
        ),
        closed=False,
    ),
    **{
        f'{split}_dataloader': _with(
            signature_of(DataLoader), **LOADER, batch_size=Count, num_workers=FromZero, num_batch_per_epoch=Count,
            prefetch_factor=Count | None, persistent_workers=bool,
        )
        for split in ('train', 'val', 'test')
    },
}  # fmt: skip
CUSTOM_KEY = _of(dict(lr_mult=float, decay_mult=float), closed=False)
TEST_CFG = _of(
    dict(
        mode=Literal['whole', 'slide', 'slide_flip'], crop_size=Size, stride=Size, labels_only=bool, batched_slide=bool,
        mirror=str, multi_label=bool, return_logits=bool, threshold=float,
    ),
    closed=False, required=['mode'],
)  # fmt: skip
CLIP_GRAD = {'norm': signature_of(clip_grad_norm_), 'value': signature_of(clip_grad_value_)}
# Their bases come from mmdet, and take nothing where that is not installed.
OF_MMDET = ('MaskFormerHead', 'Mask2FormerHead')
HOOK_NAMES = (
    'runtime_info',
    'timer',
    'sampler_seed',
    'logger',
    'param_scheduler',
    'checkpoint',
    'visualization',
)
