# Helen as SegFace uses it, in training and testing alike: the square of 1.2 times the box of all landmarks, stretched
# to 512x512; no augmentation, no warp; scored there.
_base_ = './helen_512x512.py'
scale = (512, 512)
tta_pipeline = None  # SegFace has no test-time augmentation

train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='CropToFace', factor=1.2),
    dict(
        type='FaceResize',
        scale=scale,
        keep_ratio=False,
        interpolation='bicubic',
        backend='pillow',
        pixel_centre=0.0,
    ),
    dict(type='PackFaceInputs'),
]
test_pipeline = [*train_pipeline[:-1], dict(type='ScoreAtNetworkSize'), dict(type='PackFaceInputs')]
train_dataloader = dict(
    batch_size=4,
    sampler=dict(type='DefaultSampler'),  # epochs
    dataset=dict(landmarks=True, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(landmarks=True, pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(landmarks=True, pipeline=test_pipeline))
val_evaluator = dict(iou_metrics=['mFscore', 'mIoU'])
test_evaluator = val_evaluator
