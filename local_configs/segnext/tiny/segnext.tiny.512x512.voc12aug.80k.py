# SegNeXt-T (4.23 M parameters) on Pascal VOC 2012 aug, 21 classes.
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.512x512.voc12aug.80k.py 8
# 8 images on each of 8 GPUs, 80k iterations.
# There is no published config: crops and images per GPU are those of ADE20K, iterations those of COCO-Stuff.
# mIoU: not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/voc12aug_512x512.py',
    '../../_base_/schedules/adamw_80k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=21))
