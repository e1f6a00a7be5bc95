# ADE20K, 150 classes of scenes: 20,210 photos to train on, 2,000 to validate. Label 0 ("other") is not scored.
_base_ = './scenes_512x512.py'

dataset = dict(type='ADE20KDataset', data_root='data/ade/ADEChallengeData2016')
train_dataloader = dict(
    dataset=dict(**dataset, data_prefix=dict(img_path='images/training', seg_map_path='annotations/training'))
)
val_dataloader = dict(
    dataset=dict(
        **dataset, data_prefix=dict(img_path='images/validation', seg_map_path='annotations/validation')
    )
)
test_dataloader = val_dataloader
