# Faces drawn while they are loaded, 19 classes of CelebAMask-HQ, trained with strong augmentation; validation on
# 200 faces of another seed, at 256x256. Real photos are scored by benchmarks/real_faces.py.
_base_ = ['./loaders.py', '../strong_training.py']
scale = (256, 256)

train_pipeline = [
    dict(type='LoadDrawnFace'),
    dict(type='FaceFlip', prob=0.5),
    dict(type='FaceWarp', size=scale),
    *_base_.strong_photo,
    dict(type='PackFaceInputs'),
]
val_pipeline = [
    dict(type='LoadDrawnFace', keep_labels=True),
    dict(type='FaceResize', scale=scale, keep_ratio=False),
    dict(type='PackFaceInputs'),
]
train_dataloader = dict(
    dataset=dict(
        type='DrawnFacesDataset',
        count=100_000,
        seed=1,
        image_size=256,
        cache_dir='data/drawn_faces',
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(type='DrawnFacesDataset', count=200, seed=0, image_size=256, pipeline=val_pipeline)
)
test_dataloader = val_dataloader
