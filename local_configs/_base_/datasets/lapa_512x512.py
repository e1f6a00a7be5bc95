# LaPa: faces in the wild at 512x512, mirrored, turned, scaled, shifted in training; scored at the labels' size.
_base_ = './faces_512x512.py'
dataset_type = 'LaPaDataset'
data_root = 'data/LaPa'

train_pipeline = [
    dict(type='LoadFaceImage'),
    dict(type='LoadFaceLabels'),
    dict(type='FaceResize', scale=_base_.scale, keep_ratio=False),
    dict(type='FaceFlip', prob=0.5),
    dict(type='FaceAffine'),
    dict(type='FacePhotoMetricDistortion'),
    dict(type='PackFaceInputs'),
]
train_dataloader = dict(
    dataset=dict(
        type=dataset_type, data_root=data_root, split='train', landmarks=False, pipeline=train_pipeline
    )
)
val_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root, split='val', landmarks=False))
test_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root, split='test', landmarks=False))
