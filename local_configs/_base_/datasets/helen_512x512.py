# Helen (relabelled), treated as LaPa. It has no validation set: validation and test both read the 100 test images.
_base_ = './lapa_512x512.py'
dataset_type = 'HelenDataset'
data_root = 'data/helen'

train_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root))
val_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root, split='test'))
test_dataloader = dict(dataset=dict(type=dataset_type, data_root=data_root))
