# SegFace with Swin-B (91.0 M parameters, 68.6 GMACs at 448x448) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segface/segface.swin_b.448.celebamaskhq.py 8
# 4 images on each of 8 GPUs, 300 epochs.
# Mean F1 without background: published 88.77 (SegFace, official split, test); not measured here.
# Time and memory: not measured.
_base_ = [
    '../_base_/models/segface.py',
    '../_base_/datasets/celebamaskhq_segface_448x448.py',
    '../_base_/schedules/adamw_300e.py',
    '../_base_/epoch_runtime.py',
]
