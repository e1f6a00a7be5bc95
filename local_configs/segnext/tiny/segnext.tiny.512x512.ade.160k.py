# SegNeXt-T (4.26 M parameters, 7G MACs at 512x512 as published) on ADE20K, 150 classes.
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.512x512.ade.160k.py 8
# 8 images on each of 8 GPUs, 160k iterations.
# mIoU: published 41.1 (the repository's table says 41.4) at one scale, 42.2 at several and flipped (--tta);
# not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/ade20k_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=150))
