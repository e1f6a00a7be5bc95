# Helen for SegFace: as LaPa, with five landmarks, but no augmentation (theirs is not known).
_base_ = './lapa_segface_512x512.py'
dataset_type = 'HelenDataset'
data_root = 'data/helen'

train_pipeline = [step for step in _base_.train_pipeline if step['type'] != 'FaceAffine']
train_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root, split='test'))
test_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root))
