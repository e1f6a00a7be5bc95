# SegNeXt-S (13.9 M parameters, 15.56 GMACs at 512x512 as published, 14.51 here) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/small/segnext.small.512x512.celebamaskhq.160k.py 8
# 8 images on each of 8 GPUs, 160k iterations.
# mIoU: published 78.19 (SegNeXt-FaceParser, images 28000-29999, background included); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_small.py',
    '../../_base_/datasets/celebamaskhq_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]
