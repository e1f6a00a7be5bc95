# CelebAMask-HQ as SegNeXt-FaceParser uses it: whole faces at 512x512, no crop, no flip, scored at 512x512.
_base_ = './faces_512x512.py'
dataset_type = 'CelebAMaskHQDataset'
data_root = 'data/CelebAMask-HQ'
split_source = 'faceparser'  # images 0-27999 to train, 28000-29999 to validate

train_pipeline = [
    dict(type='LoadFaceImage', at_least=_base_.scale),
    dict(type='LoadFaceLabels'),
    dict(type='FaceResize', scale=_base_.scale, keep_ratio=False),
    dict(type='FacePhotoMetricDistortion'),
    dict(type='PackFaceInputs'),
]
train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='train',
        split_source=split_source,
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(type=dataset_type, data_root=data_root, split='val', split_source=split_source)
)
test_dataloader = val_dataloader
