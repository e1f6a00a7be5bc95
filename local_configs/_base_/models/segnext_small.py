# SegNeXt-S: what differs from SegNeXt-T.
_base_ = './segnext.py'

model = dict(
    backbone=dict(
        embed_dims=[64, 128, 320, 512],
        depths=[2, 2, 4, 2],
        init_cfg=dict(checkpoint='mscan.small'),
    ),
    decode_head=dict(
        in_channels=[128, 320, 512],
    ),
)
