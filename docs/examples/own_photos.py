# SegNeXt-T on photos of one's own with three classes of one's own, from ImageNet weights.
#   facenext train docs/examples/own_photos.py
# Photos and label maps of the same name; a pixel of a label map holds the number of its class, 255 is not counted:
#   data/mine/photos/{train,val}/<name>.jpg
#   data/mine/labels/{train,val}/<name>.png
# 4,000 iterations of 8 photos at 512x512. Time and score: not measured.
_base_ = '../../local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py'

iterations = 4000
classes = dict(
    classes=('background', 'face', 'hair'),
    palette=[[0, 0, 0], [255, 205, 170], [125, 75, 30]],
)
train_pipeline = [
    dict(type='LoadFaceImage', at_least=_base_.scale),
    dict(type='LoadFaceLabels'),
    dict(type='FaceResize', scale=_base_.scale, keep_ratio=False),
    dict(type='RandomFlip', prob=0.5),  # right as long as no class is a left or a right one
    dict(type='FacePhotoMetricDistortion'),
    dict(type='PackFaceInputs'),
]
mine = dict(
    _delete_=True,
    type='BaseSegDataset',
    data_root='data/mine',
    metainfo=classes,
    img_suffix='.jpg',
    seg_map_suffix='.png',
    reduce_zero_label=False,
)
train_dataloader = dict(
    dataset=dict(
        **mine,
        data_prefix=dict(img_path='photos/train', seg_map_path='labels/train'),
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        **mine,
        data_prefix=dict(img_path='photos/val', seg_map_path='labels/val'),
        pipeline=_base_.test_pipeline,
        test_mode=True,
    )
)
test_dataloader = val_dataloader

model = dict(decode_head=dict(num_classes=3))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=100),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=100, end=iterations),
]
train_cfg = dict(max_iters=iterations, val_interval=500)
default_hooks = dict(checkpoint=dict(interval=500))
