# SegNeXt-T (4.2 M parameters) on Helen (relabelled), 11 classes: 1,999 images to train, 100 to test.
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.512x512.helen.20k.py 8
# 8 images on each of 8 GPUs, 20k iterations (about 640 epochs). No recipe is published; chosen here.
# Scores, time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/helen_512x512.py',
    '../../_base_/schedules/adamw_20k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=11))
default_hooks = dict(checkpoint=dict(interval=2000))
