# SegFace with ResNet-101 (47.3 M parameters, 50.8 GMACs at 512x512) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segface/segface.resnet101.512.celebamaskhq.py 8
# 4 images on each of 8 GPUs, 300 epochs.
# Mean F1 without background: published 87.50 (SegFace, official split, test); not measured here.
# Time and memory: not measured.
_base_ = [
    '../_base_/models/segface.py',
    '../_base_/datasets/celebamaskhq_segface_512x512.py',
    '../_base_/schedules/adamw_300e.py',
    '../_base_/epoch_runtime.py',
]

model = dict(
    backbone=dict(name='resnet101'),
    decode_head=dict(in_channels=[256, 512, 1024, 2048]),
)
