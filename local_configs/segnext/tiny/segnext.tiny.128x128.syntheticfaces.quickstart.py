# A narrow SegNeXt-T that learns to parse drawn faces in minutes on two CPU cores.
#   ./tools/quickstart.sh
# 2 processes with 4 faces each, 1,400 iterations from random weights, 500 faces to learn from.
# What is small here is the machine, not the task: all 19 classes, scored at 512x512 on 60 held-out faces.
_base_ = './segnext.tiny.512x512.celebamaskhq.160k.py'

scale = (128, 128)
iterations = 1400

train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='FaceResize', scale=scale, keep_ratio=False),
    dict(type='FaceFlip', prob=0.5),
    dict(type='FacePhotoMetricDistortion'),
    dict(type='PackFaceInputs'),
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='FaceResize', scale=scale, keep_ratio=False),
    dict(type='LoadFaceLabels'),
    dict(type='PackFaceInputs'),
]
tta_pipeline = [
    dict(type='LoadFaceImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='FaceResize', scale=(side, side), keep_ratio=False) for side in (96, 128, 192)],
            [dict(type='LoadFaceLabels')],
            [dict(type='FaceFlip', prob=0.0), dict(type='FaceFlip', prob=1.0)],
            [dict(type='PackFaceInputs')],
        ],
    ),
]
faces = dict(data_root='data/synthetic_faces', split_source='{split}_split.txt')
train_dataloader = dict(batch_size=4, num_workers=1, dataset=dict(**faces, pipeline=train_pipeline))
val_dataloader = dict(num_workers=1, dataset=dict(**faces, pipeline=test_pipeline))
test_dataloader = val_dataloader

model = dict(
    data_preprocessor=dict(size=scale),
    backbone=dict(
        embed_dims=[16, 32, 80, 128],
        mlp_ratios=[4, 4, 4, 4],
        depths=[1, 2, 3, 1],
        drop_path_rate=0.0,
        norm_cfg=dict(type='BN'),
        init_cfg=None,
    ),
    decode_head=dict(
        in_channels=[16, 32, 80, 128],
        in_index=[0, 1, 2, 3],  # stage 1 too: at 128x128 stride 8 would lose the eyes
        channels=64,
        ham_channels=64,
        dropout_ratio=0.0,
        norm_cfg=dict(num_groups=8),
        # Few faces in a batch show a necklace; Dice per class makes those that do count.
        loss_decode=[dict(type='CrossEntropyLoss'), dict(type='ClassDiceLoss')],
    ),
)
optim_wrapper = dict(optimizer=dict(lr=0.003), paramwise_cfg=dict(custom_keys={'head': dict(lr_mult=1.0)}))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=50 + 1),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=iterations + 1),
]
train_cfg = dict(max_iters=iterations, val_interval=iterations // 4)
default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(interval=iterations // 4, max_keep_ckpts=2),
)
