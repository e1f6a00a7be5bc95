# The schedule of 160k iterations in an eighth of the time, for small data sets; warm-up takes as long.
_base_ = './adamw_160k.py'

param_scheduler = [
    dict(type='LinearLR', start_factor=1e-6, by_epoch=False, begin=0, end=1500 + 1),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=20000 + 1),
]
train_cfg = dict(max_iters=20000, val_interval=2000)
