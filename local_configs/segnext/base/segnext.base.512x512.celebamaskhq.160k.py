# SegNeXt-B (27.6 M parameters, 34.46 GMACs at 512x512 as published, 31.76 here) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/base/segnext.base.512x512.celebamaskhq.160k.py 8
# 6 images on each of 8 GPUs, 160k iterations.
# mIoU: published 78.97 (SegNeXt-FaceParser, images 28000-29999, background included); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/celebamaskhq_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

model = dict(
    backbone=dict(
        embed_dims=[64, 128, 320, 512],
        depths=[3, 3, 12, 3],
        init_cfg=dict(
            checkpoint='https://mmassets.onedl.ai/mmsegmentation/v0.5/pretrain/segnext/'
            'mscan_b_20230227-3ab7d230.pth',
        ),
    ),
    decode_head=dict(
        in_channels=[128, 320, 512],
        channels=512,
        ham_channels=512,
        ham_kwargs=dict(MD_R=64),
    ),
)
train_dataloader = dict(batch_size=6)
