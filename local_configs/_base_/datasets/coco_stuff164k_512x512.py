# COCO-Stuff 164k, 171 classes of things and stuff: 118,287 photos to train on, 5,000 to validate.
_base_ = './scenes_512x512.py'

dataset = dict(type='COCOStuffDataset', data_root='data/coco_stuff164k')
train_dataloader = dict(
    dataset=dict(
        **dataset, data_prefix=dict(img_path='images/train2017', seg_map_path='annotations/train2017')
    )
)
val_dataloader = dict(
    dataset=dict(**dataset, data_prefix=dict(img_path='images/val2017', seg_map_path='annotations/val2017'))
)
test_dataloader = val_dataloader
