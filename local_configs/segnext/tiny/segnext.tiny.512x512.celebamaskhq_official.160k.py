# SegNeXt-T (4.2 M parameters) on CelebAMask-HQ, 19 classes, by CelebA's own split (24,183 / 2,993 / 2,824).
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq_official.160k.py 8
# 8 images on each of 8 GPUs, 160k iterations (about 420 epochs). SegNeXt-FaceParser's recipe.
# Scores, time and memory: not measured.
_base_ = [
    '../../_base_/models/segnext.py',
    '../../_base_/datasets/celebamaskhq_official_512x512.py',
    '../../_base_/schedules/adamw_160k.py',
    '../../_base_/default_runtime.py',
]
