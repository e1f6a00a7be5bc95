# A training in which backbone, head, data set and metric are one's own.
#   python docs/examples/own_dataset.py data/listed
#   PYTHONPATH=docs/examples facenext train docs/examples/own_config.py
# 100 iterations at 128x128: a minute on two CPU cores, from random weights. An example, not a good face parser.
_base_ = '../../local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'
custom_imports = dict(
    imports=['mmseg_facenext.register', 'own_backbone', 'own_head', 'own_dataset', 'own_metric'],
    allow_failed_imports=False,
)

train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='FaceResize', scale=(128, 128), keep_ratio=False),
    dict(type='FacePhotoMetricDistortion'),
    dict(type='PackFaceInputs'),
]
listed = dict(_delete_=True, type='ListedPhotos', data_root='data/listed')
train_dataloader = dict(dataset=dict(**listed, split='train', pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(**listed, split='val', pipeline=_base_.test_pipeline, test_mode=True),
)
test_dataloader = val_dataloader
val_evaluator = [dict(type='FaceMetric', iou_metrics=['mIoU']), dict(type='BoundaryF1')]
test_evaluator = val_evaluator

channels = [16, 32, 64, 96]
model = dict(
    backbone=dict(_delete_=True, type='ConvPyramid', channels=channels),
    decode_head=dict(
        _delete_=True,
        type='SumHead',
        in_channels=channels,
        in_index=[0, 1, 2, 3],
        channels=64,
        num_classes=3,
        loss_decode=[dict(type='CrossEntropyLoss'), dict(type='ClassDiceLoss')],
    ),
)
param_scheduler = [dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=100)]
train_cfg = dict(max_iters=100, val_interval=50)
default_hooks = dict(logger=dict(interval=10), checkpoint=dict(interval=50))
