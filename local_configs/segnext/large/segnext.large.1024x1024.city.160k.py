# SegNeXt-L (48.79 M parameters, 578G MACs at 2048x1024 as published) on Cityscapes, 19 classes.
#   ./tools/dist_train.sh local_configs/segnext/large/segnext.large.1024x1024.city.160k.py 8
# 2 images on each of 8 GPUs, 160k iterations.
# mIoU: published 83.2 (83.9) at one scale (several and flipped, --tta); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_large.py',
    '../../_base_/datasets/cityscapes_1024x1024.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

model = dict(
    data_preprocessor=dict(size=(1024, 1024)),
    test_cfg=dict(mode='slide', crop_size=(1024, 1024), stride=(768, 768)),
)
train_dataloader = dict(batch_size=2)
