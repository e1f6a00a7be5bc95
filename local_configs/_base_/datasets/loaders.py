# What the data sets share: 8 photos in a training batch, drawn without end; the score counts every pixel once.
tta_model = dict(type='FaceTTAModel')

train_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='FaceMetric', iou_metrics=['mIoU', 'mFscore'])
test_evaluator = val_evaluator
