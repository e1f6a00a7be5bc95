# SegNeXt-S (13.90 M parameters, 125G MACs at 2048x1024 as published) on Cityscapes, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/small/segnext.small.1024x1024.city.160k.py 8
# 4 images on each of 8 GPUs, 160k iterations.
# mIoU: published 81.3 (82.7) at one scale (several and flipped, --tta); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_small.py',
    '../../_base_/datasets/cityscapes_1024x1024.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

model = dict(
    data_preprocessor=dict(size=(1024, 1024)),
    test_cfg=dict(mode='slide', crop_size=(1024, 1024), stride=(768, 768)),
)
