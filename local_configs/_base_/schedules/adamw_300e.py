# AdamW at 1e-4, a tenth after epochs 80 and 200; 300 epochs.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.0001, betas=(0.9, 0.999), weight_decay=0.00001),
)
param_scheduler = [dict(type='MultiStepLR', milestones=[80, 200], gamma=0.1, by_epoch=True, end=300)]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=300, val_interval=10)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
