# SegFace with Swin-B (91.0 M parameters, 95.5 GMACs at 512x512) on Helen, 11 classes.
#   ./tools/dist_train.sh local_configs/segface/segface.swin_b.512.helen.py 8
# 2 images on each of 8 GPUs, 300 epochs.
# Mean F1 without background: weights are published, a score of theirs was not found; not measured here.
# Time and memory: not measured.
_base_ = [
    '../_base_/models/segface.py',
    '../_base_/datasets/helen_segface_512x512.py',
    '../_base_/schedules/adamw_300e.py',
    '../_base_/epoch_runtime.py',
]

model = dict(decode_head=dict(num_classes=11))
train_dataloader = dict(batch_size=2)
