"""A small config for tests of inference and checkpoints."""

from mmengine.config import Config

import mmseg_facenext.register  # noqa: F401


def small_config(**dataset):
    """A SegNeXt of 19 classes that is quick: 64x64, one block a stage."""
    head = {
        'type': 'LightHamHead',
        'in_channels': [16, 24, 32],
        'in_index': [1, 2, 3],
        'channels': 32,
        'ham_channels': 32,
        'ham_kwargs': {'MD_R': 4},
        'num_classes': 19,
        'norm_cfg': {'type': 'GN', 'num_groups': 32},
    }
    preprocessor = {
        'type': 'FacePreProcessor',
        'mean': [123.675, 116.28, 103.53],
        'std': [58.395, 57.12, 57.375],
        'bgr_to_rgb': True,
    }
    backbone = {
        'type': 'MSCAN',
        'embed_dims': [8, 16, 24, 32],
        'depths': [1, 1, 1, 1],
        'norm_cfg': {'type': 'BN'},
        'init_cfg': {'type': 'Pretrained', 'checkpoint': 'https://nowhere.invalid/mscan.pth'},
    }
    model = {
        'type': 'FaceEncoderDecoder',
        'data_preprocessor': preprocessor,
        'backbone': backbone,
        'decode_head': head,
        'test_cfg': {'mode': 'whole'},
    }
    pipeline = [
        {'type': 'LoadFaceImage'},
        {'type': 'FaceResize', 'scale': (64, 64), 'keep_ratio': False},
        {'type': 'LoadFaceLabels'},
        {'type': 'PackFaceInputs'},
    ]
    dataset = {'type': 'CelebAMaskHQDataset', 'data_root': '/nowhere', 'pipeline': pipeline, **dataset}
    return Config({'model': model, 'test_dataloader': {'dataset': dataset}})
