"""Taps of torchvision's and timm's networks."""

import sys

import pytest
import torch
import torchvision
from closeness import assert_same_numbers
from mmseg.registry import MODELS

from mmseg_facenext.checkpoints import strict_pretrained
from mmseg_facenext.errors import UserError
from mmseg_facenext.models import TimmFeatures, TorchvisionFeatures
from mmseg_facenext.models.backbones.torchvision_features import TAPS

FAST = ['mobilenet_v3_large', 'swin_v2_t']


@pytest.mark.parametrize('name', [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in TAPS])
@torch.no_grad()
def test_maps_of_stride_4_to_32_at_any_size(name):
    backbone = TorchvisionFeatures(name).eval()
    for height, width in ((64, 96), (65, 70)):
        maps = backbone(torch.randn(1, 3, height, width))
        assert tuple(x.shape[1] for x in maps) == backbone.channels
        for x, stride in zip(maps, (4, 8, 16, 32), strict=True):
            assert abs(x.shape[2] - height / stride) < 1
            assert abs(x.shape[3] - width / stride) < 1


@pytest.mark.parametrize('name', FAST)
def test_torchvisions_own_checkpoint_loads_as_it_is(name, tmp_path):
    theirs = torchvision.models.get_model(name, weights=None).eval()
    torch.save(theirs.state_dict(), tmp_path / 'imagenet.pth')
    ours = TorchvisionFeatures(
        name, dict(type='Pretrained', checkpoint=str(tmp_path / 'imagenet.pth'))
    ).eval()
    ours.init_weights()
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected, last = theirs.features(image), ours(image)[-1]
    assert_same_numbers(last, expected.permute(0, 3, 1, 2) if name.startswith('swin') else expected)


def test_weights_by_torchvisions_name_and_out_of_a_segmentor(tmp_path, monkeypatch):
    ours = TorchvisionFeatures('mobilenet_v3_large')
    torch.save({f'backbone.{k}': v for k, v in ours.state_dict().items()}, tmp_path / 'segmentor.pth')
    pretrained = dict(type='Pretrained', checkpoint=str(tmp_path / 'segmentor.pth'), prefix='backbone.')
    other = TorchvisionFeatures('mobilenet_v3_large', pretrained)
    other.init_weights()
    torch.testing.assert_close(other.state_dict(), ours.state_dict())

    asked = []
    monkeypatch.setattr(strict_pretrained, 'load_weights', lambda model, path, **_: asked.append(path))
    pretrained = dict(type='Pretrained', checkpoint='torchvision://IMAGENET1K_V1')
    TorchvisionFeatures('mobilenet_v3_large', pretrained).init_weights()
    assert asked == ['https://download.pytorch.org/models/mobilenet_v3_large-8738ca79.pth']


@pytest.mark.parametrize(
    ('cfg', 'message'),
    [
        (
            dict(type='TorchvisionFeatures', name='vgg16'),
            "no taps for 'vgg16'.*mobilenet_v3_large.*TimmFeatures",
        ),
        (dict(type='TimmFeatures', name='vit_tiny_patch16_224'), 'none of stride .4, 8, 32'),
        (dict(type='TimmFeatures', name='nonsense'), "cannot build 'nonsense'"),
        (dict(type='TimmFeatures', name='resnet18', options=dict(wings=2)), "cannot build 'resnet18'.*wings"),
    ],
)
def test_a_wrong_name_says_what_is_right(cfg, message):
    with pytest.raises(UserError, match=message):
        MODELS.build(cfg)


def test_weights_that_torchvision_does_not_have():
    pretrained = dict(type='Pretrained', checkpoint='torchvision://IMAGENET22K')
    with pytest.raises(UserError, match='no weights IMAGENET22K of mobilenet_v3_large: IMAGENET1K_V1'):
        TorchvisionFeatures('mobilenet_v3_large', pretrained).init_weights()


def test_a_photo_that_is_too_small():
    with pytest.raises(UserError, match=r'31x64.*at least 32'):
        TorchvisionFeatures('mobilenet_v3_large')(torch.zeros(1, 3, 31, 64))


@pytest.mark.parametrize(
    ('name', 'options', 'channels'),
    [
        ('resnet18', {}, (64, 128, 256, 512)),
        ('swin_tiny_patch4_window7_224', dict(img_size=96, embed_dim=24), (24, 48, 96, 192)),
    ],
)
def test_timm_gives_the_same_maps_channels_first(name, options, channels):
    backbone = TimmFeatures(name, options).eval()
    assert backbone.channels == channels
    maps = backbone(torch.randn(1, 3, 96, 96))
    assert [tuple(x.shape[1:]) for x in maps] == [
        (C, 96 // s, 96 // s) for C, s in zip(channels, (4, 8, 16, 32), strict=True)
    ]


def test_timm_takes_weights_from_a_file(tmp_path):
    timm = pytest.importorskip('timm')
    theirs = timm.create_model('resnet18')
    torch.save(theirs.state_dict(), tmp_path / 'resnet18.pth')
    backbone = TimmFeatures(
        'resnet18', init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet18.pth'))
    )
    backbone.init_weights()
    torch.testing.assert_close(backbone.body.conv1.weight, theirs.conv1.weight)
    absent = TimmFeatures(
        'resnet18', init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'absent.pth'))
    )
    with pytest.raises(UserError, match=r'absent\.pth'):
        absent.init_weights()

    # A file that lacks weights, or is of another network, leaves nothing at random.
    before = {key: value.clone() for key, value in backbone.body.state_dict().items()}
    for weights, missing in (
        (
            {k: v for k, v in theirs.state_dict().items() if k != 'layer3.0.conv1.weight'},
            r'layer3\.0\.conv1\.weight;',
        ),
        ({'a': torch.ones(1)}, r'conv1\.weight, bn1\.weight, bn1\.bias and \d+ more;'),
    ):
        torch.save(weights, tmp_path / 'resnet18.pth')
        backbone.is_init = False
        with pytest.raises(UserError, match=f'not those of resnet18: missing {missing}'):
            backbone.init_weights()
    assert all(torch.equal(value, before[key]) for key, value in backbone.body.state_dict().items())


def test_without_timm_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'timm', None)
    with pytest.raises(UserError, match='pip install timm'):
        TimmFeatures('resnet18')
