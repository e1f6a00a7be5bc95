# What carries a network to photos unlike those it learns from. A config takes it in beside its data set and says
#     train_dataloader = dict(dataset=dict(pipeline=_base_.strong_pipeline))
strong_scale = (512, 512)

strong_photo = [  # changes of the photo alone; the labels stay
    dict(type='PhotoCurves'),
    dict(type='BorrowedStyle', prob=0.3),
    dict(type='FaceOccluders', prob=0.25),
    dict(
        type='PhotoTransforms',
        steps=[
            dict(type='GaussianBlur', kernel_size=9, sigma=(0.3, 3.0), prob=0.2),
            dict(type='GaussianNoise', sigma=0.05, prob=0.2),
            dict(type='JPEG', quality=(15, 80), prob=0.25),
        ],
    ),
]
strong_pipeline = [
    dict(type='LoadFaceImage', at_least=strong_scale),
    dict(type='LoadFaceLabels'),
    dict(type='FaceResize', scale=strong_scale, keep_ratio=False),
    dict(type='FaceFlip', prob=0.5),
    dict(type='FaceWarp', size=strong_scale),
    *strong_photo,
    dict(type='PackFaceInputs'),
]
strong_loss = [dict(type='CrossEntropyLoss'), dict(type='ClassDiceLoss')]
strong_hooks = [
    dict(type='MixStyleHook', layers=['backbone.patch_embed1', 'backbone.patch_embed2'], prob=0.5),
    dict(type='FaceEMAHook', momentum=0.0005),
]
