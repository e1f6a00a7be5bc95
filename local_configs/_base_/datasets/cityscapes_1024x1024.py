# Cityscapes, 19 classes of streets: 2,975 photos of 2048x1024 to train on, 500 to validate. Crops of 1024x1024 to train
# on; photos keep their size for scoring, where the model slides a window (test_cfg of the model).
_base_ = './scenes_512x512.py'

scale = (2048, 1024)
train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='RandomResize', scale=scale, ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='FaceRandomCrop', crop_size=(1024, 1024), cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='FacePhotoMetricDistortion'),
    dict(type='PackFaceInputs'),
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='FaceResize', scale=scale, keep_ratio=True),
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
                for ratio in _base_.ratios
            ],
            [dict(type='LoadFaceLabels')],
            [dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)],
            [dict(type='PackFaceInputs')],
        ],
    ),
]
dataset = dict(type='CityscapesDataset', data_root='data/cityscapes')
train_dataloader = dict(
    batch_size=4,
    dataset=dict(
        **dataset,
        data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        **dataset,
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline,
    )
)
test_dataloader = val_dataloader
