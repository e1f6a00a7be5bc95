# CelebAMask-HQ by CelebA's own split: 24,183 to train, 2,993 to validate, 2,824 to test.
_base_ = './celebamaskhq_512x512.py'
split_source = 'official'

train_dataloader = dict(dataset=dict(split_source=split_source))
val_dataloader = dict(dataset=dict(split_source=split_source))
test_dataloader = dict(dataset=dict(split_source=split_source, split='test'))
