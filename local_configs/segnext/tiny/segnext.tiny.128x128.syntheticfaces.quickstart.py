# A narrow SegNeXt-T that learns synthetic faces in minutes on two CPU cores.
#   ./tools/quickstart.sh
_base_ = './segnext.tiny.512x512.celebamaskhq.160k.py'

data_root = 'data/synthetic_faces'
scale = (128, 128)
iterations = 1200

train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='Resize', scale=scale, keep_ratio=False),
    dict(type='FaceFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='Resize', scale=scale, keep_ratio=False),
    dict(type='LoadFaceLabels'),
    dict(type='PackSegInputs'),
]
dataset = dict(data_root=data_root, split_source='{split}_split.txt')
train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(**dataset, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(**dataset, pipeline=test_pipeline))
test_dataloader = val_dataloader

model = dict(
    data_preprocessor=dict(size=scale),
    backbone=dict(
        embed_dims=[16, 32, 80, 128],
        mlp_ratios=[4, 4, 4, 4],
        depths=[2, 2, 3, 2],
        drop_path_rate=0.0,
        init_cfg=None,
    ),
    decode_head=dict(
        in_channels=[16, 32, 80, 128],
        in_index=[0, 1, 2, 3],
        channels=64,
        ham_channels=64,
        ham_kwargs=dict(MD_R=16),
        dropout_ratio=0.0,
        norm_cfg=dict(num_groups=8),
    ),
)
optim_wrapper = dict(optimizer=dict(lr=0.002), paramwise_cfg=dict(custom_keys={'head': dict(lr_mult=1.0)}))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=50),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=iterations + 1),
]
train_cfg = dict(max_iters=iterations, val_interval=iterations // 2)
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=iterations // 2, max_keep_ckpts=2))
