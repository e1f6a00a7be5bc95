# SegNeXt-T (4.27 M parameters) on COCO-Stuff 164k, 171 classes.
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.512x512.coco_stuff164k.80k.py 8
# 8 images on each of 8 GPUs, 80k iterations.
# mIoU: the published repository lists none; not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/coco_stuff164k_512x512.py',
    '../../_base_/schedules/adamw_80k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=171))
