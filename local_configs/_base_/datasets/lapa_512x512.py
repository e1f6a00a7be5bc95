# LaPa: faces in the wild at 512x512, mirrored, turned, scaled, shifted in training; scored at the labels' size.
dataset_type = 'LaPaDataset'
data_root = 'data/LaPa'
scale = (512, 512)

train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='Resize', scale=scale, keep_ratio=False),
    dict(type='FaceFlip', prob=0.5),
    dict(type='FaceAffine'),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='Resize', scale=scale, keep_ratio=False),
    dict(type='LoadFaceLabels'),
    dict(type='PackSegInputs'),
]
tta_model = dict(type='FaceTTAModel')
tta_pipeline = [
    dict(type='LoadFaceImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale=(int(512 * ratio), int(512 * ratio)), keep_ratio=False)
                for ratio in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
            ],
            [dict(type='LoadFaceLabels')],
            [dict(type='FaceFlip', prob=0.0), dict(type='FaceFlip', prob=1.0)],
            [dict(type='PackSegInputs')],
        ],
    ),
]

train_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='train',
        landmarks=False,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='val',
        landmarks=False,
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = {**val_dataloader, 'dataset': {**val_dataloader['dataset'], 'split': 'test'}}
val_evaluator = dict(type='FaceMetric', iou_metrics=['mIoU', 'mFscore'])
test_evaluator = val_evaluator
