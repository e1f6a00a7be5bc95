# SegFace with Swin-B. Other backbones change its name and the channels of its four maps; on LaPa
# faces are aligned (segface_aligned.py).
data_preprocessor = dict(
    type='FacePreProcessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,
    pad_val=0,
    seg_pad_val=255,
    size_divisor=32,
)
model = dict(
    type='FaceEncoderDecoder',
    data_preprocessor=data_preprocessor,
    backbone=dict(
        type='TorchvisionFeatures',
        name='swin_b',
        # ImageNet-1k. Without a network: download torchvision's file by hand and name it here, or set None.
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://IMAGENET1K_V1'),
    ),
    decode_head=dict(
        type='SegFaceHead',
        in_channels=[128, 256, 512, 1024],
        num_classes=19,
        loss_decode=[
            dict(type='CrossEntropyLoss', loss_weight=0.5, avg_non_ignore=True),
            dict(type='ClassDiceLoss', loss_weight=0.5),
        ],
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
