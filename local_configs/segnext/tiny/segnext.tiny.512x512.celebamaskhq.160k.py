# SegNeXt-T (4.2 M parameters, 6.30 GMACs at 512x512 as published, 5.64 here) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py 8
# 8 images on each of 8 GPUs, 160k iterations.
# mIoU: published 77.86 (SegNeXt-FaceParser, images 28000-29999, background included); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/celebamaskhq_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]
