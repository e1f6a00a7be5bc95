# SegNeXt-L (48.8 M parameters, 69.25 GMACs at 512x512 as published, 61.75 here) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/large/segnext.large.512x512.celebamaskhq.160k.py 8
# 4 images on each of 8 GPUs, 160k iterations.
# mIoU: published 79.34 (SegNeXt-FaceParser, images 28000-29999, background included); not measured here.
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
        depths=[3, 5, 27, 3],
        drop_path_rate=0.3,
        init_cfg=dict(
            checkpoint='https://mmassets.onedl.ai/mmsegmentation/v0.5/pretrain/segnext/'
            'mscan_l_20230227-cef260d4.pth',
        ),
    ),
    decode_head=dict(
        in_channels=[128, 320, 512],
        channels=1024,
        ham_channels=1024,
        ham_kwargs=dict(MD_R=64),
    ),
)
train_dataloader = dict(batch_size=4)
