# As lapa_segface_512x512.py, with another input resolution.
_base_ = './lapa_segface_512x512.py'
scale = (224, 224)

resize = dict(type='Resize', scale=scale, keep_ratio=False, interpolation='bicubic')
pack = dict(
    type='PackSegInputs',
    meta_keys=('img_path', 'ori_shape', 'img_shape', 'scale_factor', 'flip', 'flip_direction', 'landmarks'),
)
train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    resize,
    dict(type='FaceAffine'),
    pack,
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    resize,
    dict(type='LoadFaceLabels'),
    pack,
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
