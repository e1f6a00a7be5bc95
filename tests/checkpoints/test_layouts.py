"""Checkpoints as other programs write them: upstream mmseg's network, saved in each layout, gives its logits here."""

import argparse
from collections import OrderedDict

import numpy as np
import pytest
import torch
from closeness import assert_same_logits
from mmseg.models import EncoderDecoder
from mmseg.models.backbones.mscan import MSCAN as UpstreamMSCAN
from mmseg.models.decode_heads.ham_head import LightHamHead as UpstreamLightHamHead
from safetensors.torch import save_file

from mmseg_facenext.checkpoints import load_weights
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

BACKBONE = dict(
    embed_dims=[8, 16, 24, 32], depths=[1, 1, 2, 1], mlp_ratios=[2, 2, 2, 2], norm_cfg=dict(type='BN')
)
HEAD = dict(
    in_channels=[16, 24, 32],
    in_index=[1, 2, 3],
    channels=16,
    ham_channels=16,
    ham_kwargs=dict(MD_R=4, rand_init=True),
    num_classes=19,
    norm_cfg=dict(type='GN', num_groups=4),
)
FACES = CELEBAMASK_HQ.classes


class Upstream(torch.nn.Module):
    """Upstream's backbone and head under the names of every mmseg segmentor since 0.x."""

    def __init__(self, num_classes=150):
        super().__init__()
        self.backbone = UpstreamMSCAN(**BACKBONE)
        self.decode_head = UpstreamLightHamHead(**{**HEAD, 'num_classes': num_classes})

    def forward(self, image):
        torch.manual_seed(7)  # both sides draw the start of NMF from the global generator
        return self.decode_head(self.backbone(image))


@pytest.fixture(scope='module')
def upstream():
    torch.manual_seed(0)
    network = Upstream()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network.train()(torch.randn(2, 3, 64, 64)) is not None and network.eval()


def ours():
    return EncoderDecoder(
        dict(type='MSCAN', **BACKBONE), dict(type='LightHamHead', **HEAD), test_cfg=dict(mode='whole')
    ).eval()


def logits(model, image):
    torch.manual_seed(7)
    return model.encode_decode(image, [dict(img_shape=(64, 64))])


def of_mmcv_0x(weights, classes=FACES):
    """What the 0.x runner saves: an OrderedDict with `_metadata`, meta with NumPy scores, the optimizer."""
    weights = OrderedDict(weights)
    weights._metadata = OrderedDict({'': {'version': 1}, 'backbone': {'version': 1}})
    meta = dict(
        epoch=1,
        iter=160000,
        mmcv_version='1.5.1',
        time='Thu Oct 13 2022',
        seed=None,
        exp_name='segnext.py',
        env_info='sys.platform: linux',
        mmseg_version='0.24.1+',
        config="norm_cfg = dict(type='FaceSyncBN', requires_grad=True)\n",
        hook_msgs=dict(
            best_score=np.float64(0.7897), best_ckpt='best_mIoU_iter_150000.pth', last_ckpt='x.pth'
        ),
    )
    if classes:
        meta |= dict(CLASSES=classes, PALETTE=np.array(CELEBAMASK_HQ.palette))
    optimizer = dict(
        state={0: dict(step=160000, exp_avg=torch.zeros(3), exp_avg_sq=torch.zeros(3))},
        param_groups=[dict(lr=1e-8, betas=(0.9, 0.999), weight_decay=0.01, initial_lr=6e-5, params=[0])],
    )
    return dict(meta=meta, state_dict=weights, optimizer=optimizer)


def prefixed(prefix, weights):
    return {prefix + key: value for key, value in weights.items()}


LAYOUTS = {
    'mmcv 0.x': of_mmcv_0x,
    'mmcv 0.x without classes': lambda weights: of_mmcv_0x(weights, classes=None),
    'bare': dict,
    'module.': lambda weights: dict(state_dict=prefixed('module.', weights)),
    'model. of a trainer with a loss': lambda weights: dict(
        state_dict={**prefixed('model.', weights), 'loss.weight': torch.ones(19)}, epoch=3
    ),
    'module.model.': lambda weights: prefixed('module.model.', weights),
    'nested': lambda weights: dict(model=dict(state_dict=weights)),
    'averages only': lambda weights: dict(
        ema_state_dict={**prefixed('module.', weights), 'steps': torch.tensor(9)}
    ),
    'timm': lambda weights: dict(
        state_dict=weights, state_dict_ema={k: v * 0 for k, v in weights.items()}, args=argparse.Namespace(lr=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize('layout', LAYOUTS)
@pytest.mark.parametrize('zip_format', [True, False], ids=['zip', 'before torch 1.6'])
def test_logits_are_those_of_upstream(upstream, tmp_path, layout, zip_format):
    path = tmp_path / 'x.pth'
    torch.save(LAYOUTS[layout](upstream.state_dict()), path, _use_new_zipfile_serialization=zip_format)
    model = ours()
    report = load_weights(model, path)
    image = torch.randn(2, 3, 64, 64)
    expected = torch.nn.functional.interpolate(upstream(image)[:, :19], size=(64, 64), mode='bilinear')
    assert_same_logits(logits(model, image), expected)
    assert any('conv_seg has 150 rows, the first 19 were kept' in note for note in report.notes)
    assert report.classes == (FACES if layout == 'mmcv 0.x' else None)


@pytest.mark.parametrize('name', ['x.safetensors', 'model.bin'])
def test_safetensors_whatever_its_name(upstream, tmp_path, name):
    save_file(prefixed('model.', upstream.state_dict()), tmp_path / name)
    model = ours()
    assert load_weights(model, tmp_path / name).loaded == len(model.state_dict())
    assert torch.equal(model.state_dict()['backbone.norm1.weight'], upstream.backbone.norm1.weight)
