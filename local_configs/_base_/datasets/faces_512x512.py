# Whole faces at 512x512, whatever their proportions; scored at the size of the labels.
_base_ = './loaders.py'
scale = (512, 512)

test_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='FaceResize', scale=scale, keep_ratio=False),
    dict(type='LoadFaceLabels'),
    dict(type='PackFaceInputs'),
]
tta_pipeline = [
    dict(type='LoadFaceImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='FaceResize', scale=(int(512 * ratio), int(512 * ratio)), keep_ratio=False)
                for ratio in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
            ],
            [dict(type='LoadFaceLabels')],
            [dict(type='FaceFlip', prob=0.0), dict(type='FaceFlip', prob=1.0)],
            [dict(type='PackFaceInputs')],
        ],
    ),
]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
