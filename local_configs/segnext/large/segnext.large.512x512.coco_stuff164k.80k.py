# SegNeXt-L (48.95 M parameters) on COCO-Stuff 164k, 171 classes.
#   ./tools/dist_train.sh local_configs/segnext/large/segnext.large.512x512.coco_stuff164k.80k.py 8
# 4 images on each of 8 GPUs, 80k iterations.
# mIoU: the published repository lists none; not measured here.
# Time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_large.py',
    '../../_base_/datasets/coco_stuff164k_512x512.py',
    '../../_base_/schedules/adamw_80k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=171))
train_dataloader = dict(batch_size=4)
