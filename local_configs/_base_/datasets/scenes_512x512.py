# Photos of any size: crops of 512x512 to train on, whole photos to score.
# Scored as the published models are: short side 512, both sides then stretched to multiples of 32. Sizes differ
# from photo to photo, hence one per batch.
_base_ = './loaders.py'

scale = (2048, 512)
ratios = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)

train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='RandomResize', scale=scale, ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='FaceRandomCrop', crop_size=(512, 512), cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='FacePhotoMetricDistortion'),
    dict(type='PackFaceInputs'),
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='FaceResize', scale=scale, keep_ratio=True),
    dict(type='ResizeToMultiple', size_divisor=32),
    dict(type='LoadFaceLabels'),
    dict(type='PackFaceInputs'),
]
tta_pipeline = [
    dict(type='LoadFaceImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='FaceResize', scale=tuple(int(side * ratio) for side in scale), keep_ratio=True)
                for ratio in ratios
            ],
            [dict(type='ResizeToMultiple', size_divisor=32)],
            [dict(type='LoadFaceLabels')],
            [dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)],
            [dict(type='PackFaceInputs')],
        ],
    ),
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(iou_metrics=['mIoU'])
test_evaluator = val_evaluator
