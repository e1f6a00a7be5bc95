# MSCAN-B (26.79 M parameters with its classifier), the backbone of SegNeXt-B, on ImageNet-1k.
#   ./tools/dist_train.sh local_configs/pretrain/mscan.base.224x224.imagenet.300e.py 8
# 128 images on each of 8 GPUs, 300 epochs; recipe, its sources and how to go on: see MSCAN-T.
# Accuracy, time and memory: not measured.
_base_ = './mscan.tiny.224x224.imagenet.300e.py'

model = dict(
    backbone=dict(embed_dims=[64, 128, 320, 512], depths=[3, 3, 12, 3]),
    head=dict(in_channels=512),
)
