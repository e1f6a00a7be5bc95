# As celebamaskhq_segface_512x512.py, at 224x224, where it is scored too.
_base_ = './celebamaskhq_segface_512x512.py'
scale = (224, 224)

train_pipeline = [
    dict(step, scale=scale) if step['type'] == 'FaceResize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    dict(step, scale=scale) if step['type'] == 'FaceResize' else step for step in _base_.test_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
