# Classification by mmpretrain (pip install "mmseg_facenext[pretrain]"), counted in epochs.
_base_ = './default_runtime.py'

custom_imports = dict(imports=['mmseg_facenext.register', 'mmseg_facenext.pretraining'])
default_scope = 'mmpretrain'
visualizer = dict(type='Visualizer')
log_processor = dict(by_epoch=True)
default_hooks = dict(
    checkpoint=dict(by_epoch=True, interval=10, save_best='accuracy/top1'),
)
