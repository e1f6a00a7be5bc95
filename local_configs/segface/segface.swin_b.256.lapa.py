# SegFace with Swin-B (91.0 M parameters, 27.5 GMACs at 256x256) on LaPa, 11 classes.
#   ./tools/dist_train.sh local_configs/segface/segface.swin_b.256.lapa.py 8
# 4 images on each of 8 GPUs, 300 epochs.
# Mean F1 without background: published 92.61 (SegFace, test); not measured here.
# Time and memory: not measured.
_base_ = [
    '../_base_/models/segface_aligned.py',
    '../_base_/datasets/lapa_segface_256x256.py',
    '../_base_/schedules/adamw_300e.py',
    '../_base_/epoch_runtime.py',
]
