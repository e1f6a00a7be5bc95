# SegNeXt-L (48.8 M parameters, 69.25 GMACs at 512x512 as published, 61.75 here) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/large/segnext.large.512x512.celebamaskhq.160k.py 8
# 4 images on each of 8 GPUs, 160k iterations.
# mIoU: published 79.34 (SegNeXt-FaceParser, images 28000-29999, background included); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_large.py',
    '../../_base_/datasets/celebamaskhq_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

train_dataloader = dict(batch_size=4)
