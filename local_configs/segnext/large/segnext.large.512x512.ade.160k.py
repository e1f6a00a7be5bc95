# SegNeXt-L (48.93 M parameters, 70G MACs at 512x512 as published) on ADE20K, 150 classes.
#   ./tools/dist_train.sh local_configs/segnext/large/segnext.large.512x512.ade.160k.py 8
# 4 images on each of 8 GPUs, 160k iterations.
# mIoU: published 51.0 (52.1) at one scale (several and flipped, --tta); not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_large.py',
    '../../_base_/datasets/ade20k_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=150))
train_dataloader = dict(batch_size=4)
