# SegNeXt-B (27.6 M parameters, 34.46 GMACs at 512x512 as published, 31.76 here) on CelebAMask-HQ, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/base/segnext.base.512x512.celebamaskhq.160k.py 8
# 6 images on each of 8 GPUs, 160k iterations.
# mIoU: published 78.97 (SegNeXt-FaceParser, images 28000-29999, background included); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_base.py',
    '../../_base_/datasets/celebamaskhq_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

train_dataloader = dict(batch_size=6)
