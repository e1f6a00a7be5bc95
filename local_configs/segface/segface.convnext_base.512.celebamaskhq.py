# SegFace with ConvNeXt-B (91.8 M parameters, 89.1 GMACs at 512x512) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segface/segface.convnext_base.512.celebamaskhq.py 8
# 4 images on each of 8 GPUs, 300 epochs.
# Mean F1 without background: published 89.22 (SegFace, official split, test); not measured here.
# Time and memory: not measured.
_base_ = [
    '../_base_/models/segface.py',
    '../_base_/datasets/celebamaskhq_segface_512x512.py',
    '../_base_/schedules/adamw_300e.py',
    '../_base_/epoch_runtime.py',
]

model = dict(backbone=dict(name='convnext_base'))
