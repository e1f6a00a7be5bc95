# MSCAN-T (4.16 M parameters with its classifier), the backbone of SegNeXt-T, on ImageNet-1k.
#   ./tools/dist_train.sh local_configs/pretrain/mscan.tiny.224x224.imagenet.300e.py 8
# 128 images on each of 8 GPUs, 300 epochs. A segmentor then starts from it with
#   --cfg-options model.backbone.init_cfg.checkpoint=work_dirs/mscan.tiny.224x224.imagenet.300e/epoch_300.pth
# Accuracy, time and memory: not measured.
#
# The recipe. The authors pre-train MSCAN as they did VAN, at 224x224 (Visual-Attention-Network/SegNeXt, issue 33).
# From VAN-Classification (train.sh, train.py): AdamW, rate, decay, warm-up, batch, mixup 0.8, cutmix 1.0, label
# smoothing 0.1, random erasing 0.25, rand-m9-mstd0.5-inc1 without colour jitter (timm leaves it out beside
# RandAugment), drop path 0.1 (L: 0.2).
# Chosen here: mean and std of the segmentor's photos (VAN's are 0.5), 300 epochs without timm's 10 more at the lowest
# rate, a cosine that starts after the warm-up instead of with it (at most 2 % of the peak apart), short side 256 for
# testing.
_base_ = [
    '../_base_/models/mscan_classifier.py',
    '../_base_/datasets/imagenet_224x224.py',
    '../_base_/schedules/adamw_imagenet_300e.py',
    '../_base_/pretrain_runtime.py',
]
