# As default_runtime.py, for trainings that count in epochs and are judged by the mean F1 of the parts of a face.
_base_ = './default_runtime.py'

default_hooks = dict(checkpoint=dict(by_epoch=True, interval=10, save_best='mFscore_fg'))
