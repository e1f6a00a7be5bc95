# SegNeXt-B: what differs from SegNeXt-T.
_base_ = './segnext.py'

model = dict(
    backbone=dict(
        embed_dims=[64, 128, 320, 512],
        depths=[3, 3, 12, 3],
        init_cfg=dict(checkpoint='mscan.base'),
    ),
    decode_head=dict(
        in_channels=[128, 320, 512],
        channels=512,
        ham_channels=512,
        ham_kwargs=dict(MD_R=64),
    ),
)
