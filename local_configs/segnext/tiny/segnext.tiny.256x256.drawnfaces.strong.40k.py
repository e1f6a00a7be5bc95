# SegNeXt-T that learns from drawn faces alone, from random weights, to label photos: weights that anybody may use.
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.256x256.drawnfaces.strong.40k.py 1 --amp bf16
# 64 faces in a batch of 128 to 256 pixels; the workers draw each face once and keep it, so give many cores.
# Hardware, time, memory and score: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/drawn_faces_256x256.py',
    '../../_base_/default_runtime.py',
    '../../_base_/schedules/adamw_160k.py',
]
iterations = 40000

train_dataloader = dict(batch_size=64, num_workers=16)
val_dataloader = dict(batch_size=32)
model = dict(
    data_preprocessor=dict(
        size=_base_.scale,
        batch_augments=[dict(type='RandomBatchResize', sizes=(128, 160, 192, 224, 256))],
    ),
    backbone=dict(init_cfg=None),
    decode_head=dict(
        in_channels=[32, 64, 160, 256],
        in_index=[0, 1, 2, 3],  # stage 1 too: at stride 8 the eyes would be a few pixels
        channels=128,
        ham_channels=128,
        loss_decode=_base_.strong_loss,
    ),
)
optim_wrapper = dict(optimizer=dict(lr=0.001), paramwise_cfg=dict(custom_keys={'head': dict(lr_mult=1.0)}))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=1000 + 1),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=iterations + 1),
]
train_cfg = dict(max_iters=iterations, val_interval=2000)
default_hooks = dict(checkpoint=dict(interval=2000, max_keep_ckpts=2))
custom_hooks = _base_.custom_hooks + _base_.strong_hooks
