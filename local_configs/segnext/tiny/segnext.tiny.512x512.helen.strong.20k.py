# SegNeXt-T on Helen with augmentation far beyond the published recipe, for photos unlike those of the data set.
#   ./tools/dist_train.sh local_configs/segnext/tiny/segnext.tiny.512x512.helen.strong.20k.py 8
# Hardware, time, memory and score: not measured. Inside the data set expect no gain over the config without strong.
_base_ = ['./segnext.tiny.512x512.helen.20k.py', '../../_base_/strong_training.py']

train_dataloader = dict(dataset=dict(pipeline=_base_.strong_pipeline))
model = dict(
    data_preprocessor=dict(batch_augments=[dict(type='RandomBatchResize', sizes=(256, 320, 384, 448, 512))]),
    decode_head=dict(loss_decode=_base_.strong_loss),
)
custom_hooks = _base_.custom_hooks + _base_.strong_hooks
