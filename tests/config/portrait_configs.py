"""Configs with the structure of those of hukenovs/easyportrait and AiArt-Gao/FaceParsing-SegNeXt.

Facts (names, values, quirks) are theirs; the files are written here. Both repositories bring data sets, transforms,
hooks and losses of their own. EasyPortrait's first experiments stand on `_base_` files, of which those of the data set
were later rewritten for mmseg 1.x while the rest stayed of 0.x; its second ones are single files as the old engine
dumped them, with a `default_hooks` of 1.x in each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

SYNC_BN = dict(type='SyncBN', requires_grad=True)
CROSS_ENTROPY = dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)
FACE_PARTS = ('background', 'skin', 'left brow', 'right brow', 'left eye', 'right eye', 'lips', 'teeth')
NORM = dict(
    mean=[143.55267075, 132.96705975, 126.94924335], std=[60.2625333, 60.32740275, 59.30988645], to_rgb=True
)


def head(kind: str, classes: int, channels: int, **more: Any) -> dict[str, Any]:
    settings = dict(type=kind, channels=channels, dropout_ratio=0.1, num_classes=classes, norm_cfg=SYNC_BN)
    return {**settings, 'align_corners': False, 'loss_decode': CROSS_ENTROPY, **more}


def resnet(strides: tuple[int, ...], dilations: tuple[int, ...]) -> dict[str, Any]:
    return dict(
        type='ResNetV1c', depth=50, num_stages=4, out_indices=(0, 1, 2, 3), dilations=dilations, strides=strides,
        norm_cfg=SYNC_BN, norm_eval=False, style='pytorch', contract_dilation=True,
    )  # fmt: skip


def fcn_behind(in_channels: int, in_index: int, channels: int, classes: int, **more: Any) -> dict[str, Any]:
    settings = dict(in_channels=in_channels, in_index=in_index, num_convs=1, concat_input=False)
    return head('FCNHead', classes, channels, **{**settings, **more})


def model(family: str, classes: int) -> dict[str, Any]:
    """`model` of 0.x; with spare outputs for BiSeNetV2, as in the second experiments."""
    new = dict(type='EncoderDecoder', **FAMILIES[family](classes))
    return {**new, 'train_cfg': {}, 'test_cfg': dict(mode='whole')}


def segformer(classes: int) -> dict[str, Any]:
    return dict(
        pretrained='https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segformer/mit_b0_20220624-7e0fe6dd.pth',
        backbone=dict(
            type='MixVisionTransformer', in_channels=3, embed_dims=32, num_stages=4, num_layers=[2, 2, 2, 2],
            num_heads=[1, 2, 5, 8], patch_sizes=[7, 3, 3, 3], sr_ratios=[8, 4, 2, 1], out_indices=(0, 1, 2, 3),
            mlp_ratio=4, qkv_bias=True, drop_rate=0.0, attn_drop_rate=0.0, drop_path_rate=0.1,
        ),
        decode_head=head('SegformerHead', classes, 256, in_channels=[32, 64, 160, 256], in_index=[0, 1, 2, 3]),
    )  # fmt: skip


def segnext(classes: int) -> dict[str, Any]:
    ham = dict(MD_S=1, MD_R=16, train_steps=6, eval_steps=7, inv_t=100, rand_init=True)
    return dict(
        pretrained=None,
        backbone=dict(
            type='MSCAN', embed_dims=[32, 64, 160, 256], mlp_ratios=[8, 8, 4, 4], drop_rate=0.0, drop_path_rate=0.1,
            depths=[3, 3, 5, 2], attention_kernel_sizes=[5, [1, 7], [1, 11], [1, 21]],
            attention_kernel_paddings=[2, [0, 3], [0, 5], [0, 10]], act_cfg=dict(type='GELU'),
            norm_cfg=dict(type='BN', requires_grad=True),
            init_cfg=dict(type='Pretrained', checkpoint='https://nowhere.invalid/mscan_t.pth'),
        ),
        decode_head=head(
            'LightHamHead', classes, 256, in_channels=[64, 160, 256], in_index=[1, 2, 3], ham_channels=256,
            norm_cfg=dict(type='GN', num_groups=32, requires_grad=True), ham_kwargs=ham,
        ),
    )  # fmt: skip


def bisenet(classes: int) -> dict[str, Any]:
    ohem = dict(sampler=dict(type='OHEMPixelSampler', thresh=0.7, min_kept=10000))
    behind = ((16, 1, 16), (32, 2, 64), (64, 3, 256), (128, 4, 1024))
    return dict(
        pretrained=None,
        backbone=dict(
            type='BiSeNetV2', detail_channels=(64, 64, 128), semantic_channels=(16, 32, 64, 128),
            semantic_expansion_ratio=6, bga_channels=128, out_indices=(0, 1, 2, 3, 4), init_cfg=None,
            align_corners=False,
        ),
        decode_head=fcn_behind(128, 0, 1024, 19, **ohem),
        auxiliary_head=[fcn_behind(*place, classes, num_convs=2, **ohem) for place in behind],
    )  # fmt: skip


def fast_scnn(classes: int) -> dict[str, Any]:
    sigmoid = dict(type='CrossEntropyLoss', use_sigmoid=True, loss_weight=1)
    return dict(
        backbone=dict(
            type='FastSCNN', downsample_dw_channels=(32, 48), global_in_channels=64,
            global_block_channels=(64, 96, 128), global_block_strides=(2, 2, 1), global_out_channels=128,
            higher_in_channels=64, lower_in_channels=128, fusion_out_channels=128, out_indices=(0, 1, 2),
            norm_cfg=dict(SYNC_BN, momentum=0.01), align_corners=False,
        ),
        decode_head=dict(
            type='DepthwiseSeparableFCNHead', in_channels=128, channels=128, concat_input=False, in_index=-1,
            num_classes=classes, norm_cfg=dict(SYNC_BN, momentum=0.01), align_corners=False, loss_decode=sigmoid,
        ),
        auxiliary_head=[dict(type='FCNHead', in_channels=128, channels=32, num_classes=classes)] * 2,
    )  # fmt: skip


def fcn(classes: int) -> dict[str, Any]:
    return dict(
        pretrained='mmcls://mobilenet_v2',
        backbone=dict(
            type='MobileNetV2', widen_factor=1.0, strides=(1, 2, 2, 1, 1, 1, 1), dilations=(1, 1, 1, 2, 2, 4, 4),
            out_indices=(1, 2, 4, 6), norm_cfg=SYNC_BN,
        ),
        decode_head=fcn_behind(320, 3, 512, classes, num_convs=2, concat_input=True),
        auxiliary_head=fcn_behind(96, 2, 256, classes),
    )  # fmt: skip


def lraspp(classes: int) -> dict[str, Any]:
    norm = dict(SYNC_BN, eps=0.001)
    return dict(
        pretrained='open-mmlab://contrib/mobilenet_v3_small',
        backbone=dict(type='MobileNetV3', arch='small', out_indices=(0, 1, 12), norm_cfg=norm),
        decode_head=head(
            'LRASPPHead', classes, 128, in_channels=(16, 16, 576), in_index=(0, 1, 2), norm_cfg=norm,
            input_transform='multiple_select', act_cfg=dict(type='ReLU'),
        ),
    )  # fmt: skip


def fpn(classes: int) -> dict[str, Any]:
    return dict(
        pretrained='open-mmlab://resnet50_v1c',
        backbone=resnet((1, 2, 2, 2), (1, 1, 1, 1)),
        neck=dict(type='FPN', in_channels=[256, 512, 1024, 2048], out_channels=256, num_outs=4),
        decode_head=head(
            'FPNHead',
            classes,
            128,
            in_channels=[256] * 4,
            in_index=[0, 1, 2, 3],
            feature_strides=[4, 8, 16, 32],
        ),
    )


def dilated(kind: str, **more: Any) -> Any:
    def build(classes: int) -> dict[str, Any]:
        return dict(
            pretrained='open-mmlab://resnet50_v1c',
            backbone=resnet((1, 2, 1, 1), (1, 1, 2, 4)),
            decode_head=head(kind, classes, 512, in_channels=2048, in_index=3, **more),
            auxiliary_head=fcn_behind(1024, 2, 256, classes),
        )

    return build


FAMILIES: dict[str, Any] = {
    'segnext': segnext, 'segformer': segformer, 'bisenetv2': bisenet, 'fast_scnn': fast_scnn, 'fcn': fcn,
    'lraspp': lraspp, 'fpn': fpn, 'danet': dilated('DAHead', pam_channels=64),
    'deeplabv3': dilated('ASPPHead', dilations=(1, 12, 24, 36)),
}  # fmt: skip

OLD_SCHEDULE = dict(
    optimizer=dict(
        type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01,
        paramwise_cfg=dict(custom_keys=dict(norm=dict(decay_mult=0.0), head=dict(lr_mult=10.0))),
    ),
    optimizer_config={},
    lr_config=dict(
        policy='poly', warmup='linear', warmup_iters=1500, warmup_ratio=1e-6, power=1.0, min_lr=0.0, by_epoch=False
    ),
    log_config=dict(interval=50, hooks=[dict(type='TextLoggerHook', by_epoch=False)]),
    dist_params=dict(backend='nccl'), log_level='INFO', load_from=None, resume_from=None, workflow=[('train', 1)],
    cudnn_benchmark=True, work_dir='work_dirs/somebody', gpu_ids=[0], auto_resume=False,
)  # fmt: skip
BY_EPOCH = dict(
    runner=dict(type='EpochBasedRunner', max_epochs=100),
    checkpoint_config=dict(by_epoch=True, interval=100),
    evaluation=dict(interval=1, metric='mIoU', save_best='mIoU'),
    default_hooks=dict(stop=dict(type='EarlyStoppingHook', monitor='mIoU')),
)
BY_ITERATION = dict(
    runner=dict(type='IterBasedRunner', max_iters=20000),
    checkpoint_config=dict(by_epoch=False, interval=2000),
    evaluation=dict(interval=2000, metric='mIoU'),
)


def old_data(kind: str, side: int, root: str, keep_ratio: bool | None = True, **more: Any) -> dict[str, Any]:
    """`data` of 0.x; without Resize in the test pipeline where `keep_ratio` is None."""
    resize = [] if keep_ratio is None else [dict(type='Resize', keep_ratio=keep_ratio)]
    rest = [
        dict(type='Normalize', **NORM),
        dict(type='ImageToTensor', keys=['img']),
        dict(type='Collect', keys=['img']),
    ]
    augmented = dict(
        type='MultiScaleFlipAug', img_scale=(side, side), flip=False, transforms=[*resize, *rest]
    )
    test = [dict(type='LoadImageFromFile'), augmented]
    train = [
        dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), *more.pop('train_steps', ()),
        dict(type='RandomFlip', prob=0.0),
        dict(type='PhotoMetricDistortion', brightness_delta=16, contrast_range=(0.5, 1.0), hue_delta=5),
        dict(type='Normalize', **NORM), dict(type='DefaultFormatBundle'),
        dict(type='Collect', keys=['img', 'gt_semantic_seg']),
    ]  # fmt: skip
    folders = {split: dict(img_dir=f'images/{split}', ann_dir=f'annotations/{split}') for split in SPLITS}
    sets = {
        split: dict(
            type=kind, data_root=root, **folders[split], pipeline=train if split == 'train' else test, **more
        )
        for split in SPLITS
    }
    return dict(samples_per_gpu=1, workers_per_gpu=1, **sets)


SPLITS = ('train', 'val', 'test')


def new_data(kind: str, side: int) -> dict[str, Any]:
    """Loaders of 1.x, as a base that was rewritten."""
    pipeline = [
        dict(type='LoadImageFromFile'), dict(type='Resize', scale=(side, side), keep_ratio=True),
        dict(type='LoadAnnotations'), dict(type='PackSegInputs'),
    ]  # fmt: skip
    evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
    loaders = {
        f'{split}_dataloader': dict(
            batch_size=1, num_workers=4, persistent_workers=True,
            sampler=dict(type='InfiniteSampler' if split == 'train' else 'DefaultSampler', shuffle=split == 'train'),
            dataset=dict(
                type=kind, data_root='data/easyportrait/', pipeline=pipeline,
                data_prefix=dict(img_path=f'images/{split}', seg_map_path=f'annotations/{split}'),
            ),
        )
        for split in SPLITS
    }  # fmt: skip
    return dict(loaders, val_evaluator=evaluator, test_evaluator=evaluator)


def write_config(path: Path, settings: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(f'{key} = {value!r}\n' for key, value in settings.items()))
    return path


def portrait_configs(root: Path, data_root: str = '/nowhere') -> dict[str, Path]:
    """One config for each network and each way of writing the data set."""
    files = {}
    for family in FAMILIES:
        settings = dict(
            OLD_SCHEDULE, model=model(family, 8), **BY_EPOCH,
            data=old_data('EasyPortraitFPDataset', 384, data_root, keep_ratio=None, classes=FACE_PARTS),
        )  # fmt: skip
        files[f'{family}-dumped'] = write_config(root / f'{family}/dumped.py', settings)
    for family, side in (
        ('segnext', 384),
        ('fcn', 384),
        ('lraspp', 1024),
    ):  # what LRASPP pools over is 49 wide
        settings = dict(OLD_SCHEDULE, model=model(family, 9), **BY_ITERATION)
        first = dict(settings, data=old_data('EasyPortraitDataset', side, data_root))
        files[f'{family}-old-base'] = write_config(root / f'{family}/old_base.py', first)
        mixed = dict(
            settings,
            data=dict(samples_per_gpu=1, workers_per_gpu=1),
            **new_data('EasyPortraitFPDataset', 512),
        )
        files[f'{family}-mixed'] = write_config(root / f'{family}/mixed.py', mixed)
    contrast = dict(type='PixelContrastLoss', loss_weight=0.0, ignore_label=255)
    own_loss = model('segformer', 11)
    own_loss['decode_head'].update(loss_decode=[CROSS_ENTROPY, contrast], train_cfg=dict(contrast=True))
    settings = dict(
        OLD_SCHEDULE, model=own_loss, **BY_ITERATION,
        data=old_data('TFSDataset', 512, data_root, False, train_steps=[dict(type='FaceTrans', crop_size=[480, 480])]),
        custom_hooks=[dict(type='ChangeWeightHook', changeiter=5000, toweight=0.1)],
        test_evaluator=dict(type='IoUMetric', iou_metrics=['mIoU'], output_dir='./format_results'),
    )  # fmt: skip
    files['own-loss'] = write_config(root / 'own_loss.py', settings)
    return files
