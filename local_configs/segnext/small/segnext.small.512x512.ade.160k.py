# SegNeXt-S (13.93 M parameters, 16G MACs at 512x512 as published) on ADE20K, 150 classes.
#   ./tools/dist_train.sh local_configs/segnext/small/segnext.small.512x512.ade.160k.py 8
# 8 images on each of 8 GPUs, 160k iterations.
# mIoU: published 44.3 (45.8) at one scale (several and flipped, --tta); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_small.py',
    '../../_base_/datasets/ade20k_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=150))
