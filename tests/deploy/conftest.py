"""One small network, exported once in each way: an operator more takes a moment more in every export."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from skimage.data import astronaut

from mmseg_facenext.config.load import load_config
from mmseg_facenext.deploy.export import export
from mmseg_facenext.inference.building import build_segmentor

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'
CONFIG = f"""
_base_ = {str(QUICKSTART)!r}
model = dict(
    backbone=dict(
        num_stages=2, embed_dims=[8, 16], depths=[1, 1], attention_kernel_sizes=[5, [1, 7]],
        attention_kernel_paddings=[2, [0, 3]],
    ),
    decode_head=dict(
        in_channels=[8, 16], in_index=[0, 1], channels=16, ham_channels=16,
        ham_kwargs=dict(MD_R=4, eval_steps=2),
        norm_cfg=dict(num_groups=16),  # one for each channel: what varies over the photo counts, random biases do not
    ),
)
resize = dict(type='FaceResize', scale=(96, 64), keep_ratio=False)
test_pipeline = [dict(type='LoadFaceImage'), resize, dict(type='PackFaceInputs')]
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
"""


@pytest.fixture(scope='session')
def config(tmp_path_factory) -> Config:
    """Photos stretched to 64x96 (HxW)."""
    file = tmp_path_factory.mktemp('config') / 'small.py'
    file.write_text(CONFIG)
    return load_config(file)


@pytest.fixture(scope='session')
def checkpoint(config, tmp_path_factory) -> Path:
    """Random weights, BatchNorm statistics and layer scales, so that folding them matters, and many labels."""
    torch.manual_seed(0)
    model = build_segmentor(config)
    for name, value in model.state_dict().items():
        if 'running_var' in name or 'layer_scale' in name:
            value.uniform_(0.5, 2)
        elif 'running_mean' in name:
            value.normal_()
        elif name.endswith(
            'conv_seg.weight'
        ):  # sums of 0: the features are positive, none is to win everywhere
            value.normal_().sub_(value.mean(1, keepdim=True))
    file = tmp_path_factory.mktemp('weights') / 'small.pth'
    torch.save({'state_dict': model.state_dict()}, file)
    return file


@pytest.fixture(scope='session')
def photos() -> list[np.ndarray]:
    """RGB, of several sizes."""
    picture = astronaut()
    return [picture[:200, 100:260], picture[::-1].copy(), picture[50:120, 150:201]]


@pytest.fixture(scope='session')
def exported(config, checkpoint, photos, tmp_path_factory) -> dict[str, Path]:
    """The file by its name."""
    folder = tmp_path_factory.mktemp('exported')
    for name, dynamic in (('small.onnx', False), ('any.xml', True)):
        export(config, checkpoint, folder / name, photos, dynamic=dynamic)
    return {file.name: file for file in folder.iterdir()}
