"""The text of a config that trains on a data set of one's own, starting from weights of a face parser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.config import Config

HEADER = """# {name}: {count} photos, classes {listed}.
#   facenext train {path}
#   facenext test {path} {checkpoint}
#   facenext parse me.jpg {path} {checkpoint}
#   facenext export {path} {checkpoint} --out {name}.onnx
# From {start}: its classifier is learnt anew{frozen}. Written by `facenext data new`; everything may be changed.
# Time and score: not measured.
custom_imports = dict(imports=['mmseg_facenext.register'], allow_failed_imports=False)
default_scope = 'mmseg'
data_root = {root!r}
load_from = {start!r}
iterations = {iterations}
{frozen_line}scale = {scale}  # (width, height) that the network sees

"""
REST = """
load = [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')]
resize = dict(type='FaceResize', scale=scale, keep_ratio=False)
pack = dict(type='PackFaceInputs')
train_pipeline = [
    *load,
    resize,
    dict(type='FaceFlip', prob=0.5),  # swaps left and right classes as well
    dict(type='FaceWarp', size=scale, angle=10, scale=(0.8, 1.25), shift=0.08),
    dict(type='PhotoCurves'),
    pack,
]
test_pipeline = [load[0], resize, load[1], pack]
tta_pipeline = [
    load[0],
    dict(
        type='TestTimeAug',
        transforms=[
            [resize],
            [load[1]],
            [dict(type='FaceFlip', prob=0.0), dict(type='FaceFlip', prob=1.0)],
            [pack],
        ],
    ),
]
tta_model = dict(type='FaceTTAModel')
mine = dict(type='FaceFoldersDataset', data_root=data_root, metainfo=metainfo)
train_dataloader = dict(
    batch_size={batch},
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(**mine, split='train', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size={batch},
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**mine, split='val', pipeline=test_pipeline, test_mode=True),
)
test_dataloader = dict(
    batch_size={batch},
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**mine, split={test!r}, pipeline=test_pipeline, test_mode=True),
)
val_evaluator = dict(type='FaceMetric', iou_metrics=['mIoU'])
test_evaluator = dict(type='FaceMetric', iou_metrics=['mIoU', 'mFscore'])

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.001, weight_decay=0.01),
    paramwise_cfg=dict(norm_decay_mult=0.0, custom_keys=dict(backbone=dict(lr_mult=0.1))),
)
warm_up = max(1, min(20, iterations // 5))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=warm_up),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=warm_up, end=iterations + 1),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=iterations, val_interval=max(1, iterations // 5))
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
env_cfg = dict(mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0))
vis_backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
visualizer = dict(type='SegLocalVisualizer', vis_backends=vis_backends)
log_processor = dict(by_epoch=False)
default_hooks = dict(
    runtime_info=dict(type='LossReadingHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=10, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='FaceCheckpointHook',
        by_epoch=False,
        interval=max(1, iterations // 5),
        save_best='mIoU',
        rule='greater',
        max_keep_ckpts=2,
    ),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
custom_hooks = [dict(type='NanGuardHook'), dict(type='OneModelHook'), dict(type='ReportHook')]
"""
LOSSES = [dict(type='CrossEntropyLoss', avg_non_ignore=True), dict(type='ClassDiceLoss')]


def own_config(
    model: dict[str, Any],
    scale: Sequence[int],
    start: str,
    *,
    name: str,
    path: str,
    root: str,
    metainfo: dict[str, Any],
    count: int,
    test_split: str,
    iterations: int,
    batch: int = 8,
    freeze: bool = False,
) -> str:
    """Return the text of a config.

    Args:
        model: of the network to start from; its classes become those of `metainfo`.
        scale: (width, height) that it sees.
        start: name or file of its weights.
        path: of the config, as it will be called.
    """
    model = _for_classes(model, len(metainfo['classes']), scale)
    listed = ', '.join(metainfo['classes'])
    header = HEADER.format(
        name=name,
        count=count,
        listed=listed if len(listed) < 80 else f'{listed[:77]}...',
        path=path,
        checkpoint=f'work_dirs/{name}/iter_{iterations}.pth',
        start=start,
        frozen=', its backbone stays as it is' if freeze else '',
        frozen_line="frozen = ['backbone']\n" if freeze else '',
        root=root,
        iterations=iterations,
        scale=tuple(scale),
    )
    parts = Config(dict(metainfo=metainfo, model=model)).pretty_text
    return header + parts + REST.replace('{batch}', str(batch)).replace('{test!r}', repr(test_split))


def _for_classes(model: dict[str, Any], classes: int, scale: Sequence[int]) -> dict[str, Any]:
    model = {
        **model,
        'train_cfg': {},
        'backbone': dict(model['backbone']),
        'decode_head': dict(model['decode_head']),
    }
    model['data_preprocessor'] = {**model['data_preprocessor'], 'size': tuple(scale[::-1])}
    model['data_preprocessor'].pop('batch_augments', None)
    # The mean with the mirror image would swap the sides of other classes.
    model['test_cfg'] = {key: value for key, value in model['test_cfg'].items() if key != 'mirror'}
    model['backbone'].pop('init_cfg', None)
    model['decode_head'] |= dict(num_classes=classes, loss_decode=LOSSES)
    if model['backbone']['type'] == 'EfficientNetLite':
        model['backbone']['norm_eval'] = True
    return model
