# SegFace on faces that are aligned by five landmarks, with 11 classes, as on LaPa.
_base_ = './segface.py'

model = dict(
    type='AlignedEncoderDecoder',
    warp_factor=0.8,
    pixel_centre=0.0,  # as published; 0.5 would be exact
    decode_head=dict(num_classes=11),
)
