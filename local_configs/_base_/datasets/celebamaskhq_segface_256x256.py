# As celebamaskhq_segface_512x512.py, with another input resolution.
_base_ = './celebamaskhq_segface_512x512.py'
scale = (256, 256)

resize = dict(type='Resize', scale=scale, keep_ratio=False, interpolation='bicubic')
train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    resize,
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    resize,
    dict(type='LoadFaceLabels'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
