# SegNeXt-B (27.6 M parameters) on LaPa, 11 classes: 18,176 images to train, 2,000 to validate, 2,000 to test.
#   ./tools/dist_train.sh local_configs/segnext/base/segnext.base.512x512.lapa.80k.py 8
# 6 images on each of 8 GPUs, 80k iterations (about 210 epochs). No recipe is published; chosen here.
# Scores, time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext_base.py',
    '../../_base_/datasets/lapa_512x512.py',
    '../../_base_/schedules/adamw_80k.py',
    '../../_base_/default_runtime.py',
]

model = dict(decode_head=dict(num_classes=11))
train_dataloader = dict(batch_size=6)
