# LaPa as SegFace uses it: turned up to 30 degrees, scaled by 0.5 to 3, shifted up to 20 pixels of the photo, where what
# comes from outside is background; with five landmarks; scored at 512x512.
_base_ = './lapa_512x512.py'
scale = (512, 512)
tta_pipeline = None  # SegFace has no test-time augmentation

resize = dict(
    type='FaceResize',
    scale=scale,
    keep_ratio=False,
    interpolation='bicubic',
    backend='pillow',
    pixel_centre=0.0,  # as published; 0.5 would be exact
)
pack = dict(
    type='PackFaceInputs',
    meta_keys=(
        *('img_path', 'ori_shape', 'img_shape', 'scale_factor', 'flip', 'flip_direction'),
        *('label_shape', 'landmarks'),
    ),
)
train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='FaceAffine', interpolation='bicubic', seg_pad_val=0),
    resize,
    pack,
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    resize,
    dict(type='LoadFaceLabels'),
    dict(type='ScoreAtNetworkSize'),
    pack,
]
train_dataloader = dict(
    batch_size=4,
    sampler=dict(type='DefaultSampler'),  # epochs
    dataset=dict(landmarks=True, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(landmarks=True, pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(landmarks=True, pipeline=test_pipeline))
val_evaluator = dict(iou_metrics=['mFscore', 'mIoU'])
test_evaluator = val_evaluator
