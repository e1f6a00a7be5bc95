# Pascal VOC 2012 with the augmented labels of SBD, 21 classes with background: 10,582 photos to train on (1,464 of VOC,
# the others of SBD), 1,449 to validate. Borders of objects (label 255) are not scored.
_base_ = './scenes_512x512.py'

dataset = dict(type='PascalVOCDataset', data_root='data/VOCdevkit/VOC2012')
voc_labels = dict(img_path='JPEGImages', seg_map_path='SegmentationClass')
sbd_labels = dict(img_path='JPEGImages', seg_map_path='SegmentationClassAug')
splits = 'ImageSets/Segmentation'

train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        datasets=[
            dict(
                **dataset,
                data_prefix=voc_labels,
                ann_file=f'{splits}/train.txt',
                pipeline=_base_.train_pipeline,
            ),
            dict(
                **dataset,
                data_prefix=sbd_labels,
                ann_file=f'{splits}/aug.txt',
                pipeline=_base_.train_pipeline,
            ),
        ],
    )
)
val_dataloader = dict(dataset=dict(**dataset, data_prefix=voc_labels, ann_file=f'{splits}/val.txt'))
test_dataloader = val_dataloader
