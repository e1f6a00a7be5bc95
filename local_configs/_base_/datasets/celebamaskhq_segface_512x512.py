# CelebAMask-HQ for SegFace: official split, its order of classes and painting, no augmentation; scored at 512x512.
_base_ = './celebamaskhq_official_512x512.py'
label_space = 'celebamask_hq_segface'
scale = (512, 512)
tta_pipeline = None  # SegFace has no test-time augmentation

resize = dict(type='FaceResize', scale=scale, keep_ratio=False, interpolation='bicubic', backend='pillow')
train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    resize,
    dict(type='PackFaceInputs'),
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    resize,
    dict(type='LoadFaceLabels'),
    dict(type='ScoreAtNetworkSize'),
    dict(type='PackFaceInputs'),
]
train_dataloader = dict(
    batch_size=4,
    sampler=dict(type='DefaultSampler'),  # epochs
    dataset=dict(label_space=label_space, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(label_space=label_space, pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(label_space=label_space, pipeline=test_pipeline))
val_evaluator = dict(iou_metrics=['mFscore', 'mIoU'])
test_evaluator = val_evaluator
