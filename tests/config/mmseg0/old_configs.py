"""Configs with the structure of those that SegNeXt-FaceParser ships: 4 sizes on 4 data sets, on a `_base_` tree.

Facts (names, values, quirks) are theirs, Visual-Attention-Network/SegNeXt and e4s2022/SegNeXt-FaceParser; the
files are written here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

SIZES: dict[str, dict[str, Any]] = {
    'tiny': dict(backbone={}, channels=256, in_channels=[64, 160, 256], ham=dict(ham_kwargs=dict(MD_R=16))),
    'small': dict(
        backbone=dict(embed_dims=[64, 128, 320, 512], depths=[2, 2, 4, 2]),
        channels=256,
        in_channels=[128, 320, 512],
        ham=dict(ham_kwargs=dict(MD_R=16)),
    ),
    'base': dict(
        backbone=dict(embed_dims=[64, 128, 320, 512], depths=[3, 3, 12, 3], drop_path_rate=0.1),
        channels=512,
        in_channels=[128, 320, 512],
        ham={},
    ),
    'large': dict(
        backbone=dict(embed_dims=[64, 128, 320, 512], depths=[3, 5, 27, 3], drop_path_rate=0.3),
        channels=1024,
        in_channels=[128, 320, 512],
        ham={},
    ),
}
# Name of the config, module of the data set, classes, iterations, interval, images per GPU for T, S, B, L.
DATA: dict[str, tuple[str, str, int, int, int, tuple[int, int, int, int]]] = {
    'celebamaskhq': ('512x512.celebamaskhq.160k', 'celebamaskhq', 19, 160_000, 10_000, (8, 8, 6, 4)),
    'ade': ('512x512.ade.160k', 'ade20k_repeat', 150, 160_000, 8_000, (8, 8, 4, 4)),
    'city': ('1024x1024.city.160k', 'cityscapes_1024x1024_repeat', 19, 160_000, 8_000, (4, 4, 2, 2)),
    'coco': ('512x512.coco_stuff164k.80k', 'coco-stuff164k', 171, 80_000, 8_000, (8, 8, 4, 4)),
}
VARIANTS = [(size, data) for data in DATA for size in SIZES]
WRONG_CLASSES = {('tiny', 'celebamaskhq'), ('base', 'celebamaskhq'), ('large', 'celebamaskhq')}

FOLDERS = {
    'ade': ('images/training', 'annotations/training', 'images/validation', 'annotations/validation'),
    'city': ('leftImg8bit/train', 'gtFine/train', 'leftImg8bit/val', 'gtFine/val'),
    'coco': ('images/train2017', 'annotations/train2017', 'images/val2017', 'annotations/val2017'),
}
DATASET_TYPES = {'ade': 'ADE20KDataset', 'city': 'CityscapesDataset', 'coco': 'COCOStuffDataset'}

MODEL = """
norm_cfg = dict(type='SyncBN', requires_grad=True)
ham_norm_cfg = dict(type='GN', num_groups=32, requires_grad=True)
model = dict(
    type='EncoderDecoder', pretrained=None,
    backbone=dict(
        type='MSCAN', embed_dims=[32, 64, 160, 256], mlp_ratios=[8, 8, 4, 4], drop_rate=0.0, drop_path_rate=0.1,
        depths=[3, 3, 5, 2], norm_cfg=dict(type='SyncBN', requires_grad=True)),
    decode_head=dict(
        type='LightHamHead', in_channels=[64, 160, 256], in_index=[1, 2, 3], channels=256, ham_channels=256,
        dropout_ratio=0.1, num_classes=19, norm_cfg=ham_norm_cfg, align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)),
    train_cfg=dict(), test_cfg=dict(mode='whole'))
"""
RUNTIME = """
log_config = dict(interval=50, hooks=[dict(type='TextLoggerHook', by_epoch=False)])
dist_params = dict(backend='nccl')
log_level = 'INFO'
load_from = None
resume_from = None
workflow = [('train', 1)]
cudnn_benchmark = True
"""
SCHEDULE = """
optimizer = dict(type='AdamW', lr=0.0002, weight_decay=0.0001)
optimizer_config = dict()
lr_config = dict(policy='poly', power=0.9, min_lr=0.0, by_epoch=False)
runner = dict(type='IterBasedRunner', max_iters={iterations})
checkpoint_config = dict(by_epoch=False, interval=4000)
evaluation = dict(interval=4000, metric='mIoU')
"""
NORMALISATION = """
img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
"""
FACES = """
dataset_type = 'CelebAMaskHQDataset'
data_root = {root!r}
crop_size = (512, 512)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', reduce_zero_label=False),
    dict(type='Resize', img_scale=(512, 512), ratio_range=(1.0, 1.0)),
    dict(type='RandomFlip', prob=0),
    dict(type='PhotoMetricDistortion'),
    dict(type='Normalize', **img_norm_cfg),
    dict(type='DefaultFormatBundle'),
    dict(type='Collect', keys=['img', 'gt_semantic_seg']),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='MultiScaleFlipAug', img_scale=(1024, 1024), img_ratios=[0.5], flip=False, transforms=[
        dict(type='Resize', keep_ratio=True), dict(type='RandomFlip', prob=0),
        dict(type='Normalize', **img_norm_cfg),
        dict(type='ImageToTensor', keys=['img']), dict(type='Collect', keys=['img'])]),
]
folders = dict(data_root=data_root, img_dir='CelebA-HQ-img/', ann_dir='CelebA-HQ-mask/')
data = dict(
    samples_per_gpu=4, workers_per_gpu=8,
    train=dict(type='RepeatDataset', times=50, dataset=dict(
        type=dataset_type, **folders, pipeline=train_pipeline, split='train_split.txt')),
    val=dict(type=dataset_type, **folders, pipeline=test_pipeline, split='val_split.txt'))
"""
SCENES = """
dataset_type = {type!r}
data_root = {root!r}
crop_size = ({crop}, {crop})
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'{reduce}),
    dict(type='Resize', img_scale=(2048, {crop}), ratio_range=(0.5, 2.0)),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='Normalize', **img_norm_cfg),
    dict(type='Pad', size=crop_size, pad_val=0, seg_pad_val=255),
    dict(type='DefaultFormatBundle'),
    dict(type='Collect', keys=['img', 'gt_semantic_seg']),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='MultiScaleFlipAug', img_scale=(2048, {crop}), flip=False, transforms=[
        dict(type='Resize', keep_ratio=True){multiple},
        dict(type='RandomFlip'), dict(type='Normalize', **img_norm_cfg),
        dict(type='ImageToTensor', keys=['img']), dict(type='Collect', keys=['img'])]),
]
held_out = dict(
    type=dataset_type, data_root=data_root, img_dir={folders[2]!r}, ann_dir={folders[3]!r}, pipeline=test_pipeline)
data = dict(
    samples_per_gpu=4, workers_per_gpu=4,
    train=dict(type='RepeatDataset', times=50, dataset=dict(
        type=dataset_type, data_root=data_root, img_dir={folders[0]!r}, ann_dir={folders[1]!r},
        pipeline=train_pipeline)),
    val=held_out, test=held_out)
"""
LEAF = """
_base_ = [
    '../../_base_/models/mscan.py', '../../_base_/datasets/{module}.py', '../../_base_/default_runtime.py',
    '../../_base_/schedules/schedule_{schedule}_adamw.py']
norm_cfg = dict(type='SyncBN', requires_grad=True)
ham_norm_cfg = dict(type='GN', num_groups=32, requires_grad=True)
find_unused_parameters = True
model = dict(
    type='EncoderDecoder',
    backbone=dict(init_cfg=dict(type='Pretrained', checkpoint='pretrained/mscan_{letter}.pth'), **{backbone}),
    decode_head=dict(
        type='LightHamHead', in_channels={in_channels}, in_index=[1, 2, 3], channels={channels},
        ham_channels={channels}, dropout_ratio=0.1, num_classes={classes}, norm_cfg=ham_norm_cfg,
        align_corners=False, loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0), **{ham}),
    train_cfg=dict(), test_cfg={test_cfg})
data = dict(samples_per_gpu={batch})
evaluation = dict(interval={interval}, metric='mIoU'{best})
checkpoint_config = dict(by_epoch=False, interval={interval}{keep})
optimizer = dict(
    _delete_=True, type='AdamW', lr=0.00006, betas=(0.9, 0.999), weight_decay=0.01,
    paramwise_cfg=dict(custom_keys={{
        'pos_block': dict(decay_mult=0.), 'norm': dict(decay_mult=0.), 'head': dict(lr_mult=10.)}}))
lr_config = dict(
    _delete_=True, policy='poly', warmup='linear', warmup_iters=1500, warmup_ratio=1e-6, power=1.0, min_lr=0.0,
    by_epoch=False)
"""


def write_tree(root: Path, data_roots: dict[str, str]) -> dict[tuple[str, str], Path]:
    """All 16 configs under `root`; (size, data) -> file. `data_roots` says where each data set lies."""
    base = root / '_base_'
    write(base / 'models/mscan.py', MODEL)
    write(base / 'default_runtime.py', RUNTIME)
    for schedule, iterations in (('160k', 160_000), ('80k', 80_000)):
        write(base / f'schedules/schedule_{schedule}_adamw.py', SCHEDULE.format(iterations=iterations))
    for data, (_, module, *_) in DATA.items():
        write(base / f'datasets/{module}.py', NORMALISATION + data_base(data, data_roots[data]))
    return {(size, data): write_leaf(root, size, data) for size, data in VARIANTS}


def data_base(data: str, root: str) -> str:
    if data == 'celebamaskhq':
        return FACES.format(root=root)
    return SCENES.format(
        type=DATASET_TYPES[data],
        root=root,
        crop=1024 if data == 'city' else 512,
        reduce=', reduce_zero_label=True' if data == 'ade' else '',
        multiple='' if data == 'city' else ", dict(type='ResizeToMultiple', size_divisor=32)",
        folders=FOLDERS[data],
    )


def write_leaf(root: Path, size: str, data: str) -> Path:
    name, module, classes, iterations, interval, batches = DATA[data]
    facts = SIZES[size]
    faces = data == 'celebamaskhq'
    slide = "dict(mode='slide', crop_size=(1024, 1024), stride=(768, 768))"
    text = LEAF.format(
        module=module,
        schedule=f'{iterations // 1000}k',
        letter=size[0],
        backbone=facts['backbone'],
        in_channels=facts['in_channels'],
        channels=facts['channels'],
        ham=facts['ham'],
        classes=150 if (size, data) in WRONG_CLASSES else classes,
        test_cfg=slide if data == 'city' else "dict(mode='whole')",
        batch=batches[list(SIZES).index(size)],
        interval=interval,
        best=", save_best='mIoU'" if faces else '',
        keep=', max_keep_ckpts=5' if faces else '',
    )
    return write(root / f'segnext/{size}/segnext.{size}.{name}.py', text)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
