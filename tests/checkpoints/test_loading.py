import pytest
import torch
from mmseg.models import MSCAN, EncoderDecoder

from mmseg_facenext.checkpoints import load_weights
from mmseg_facenext.errors import UserError

TINY = {'embed_dims': [32, 64, 160, 256], 'depths': [3, 3, 5, 2], 'mlp_ratios': [8, 8, 4, 4]}
SMALL = {'embed_dims': [64, 128, 320, 512], 'depths': [2, 2, 4, 2], 'mlp_ratios': [8, 8, 4, 4]}
PLAIN_BN = {'norm_cfg': {'type': 'BN'}}


def segmentor(size=TINY, num_classes=19):
    head = {
        'type': 'LightHamHead',
        'in_channels': size['embed_dims'][1:],
        'in_index': [1, 2, 3],
        'channels': 64,
        'ham_channels': 64,
        'num_classes': num_classes,
        'norm_cfg': {'type': 'GN', 'num_groups': 32},
    }
    return EncoderDecoder({'type': 'MSCAN', **size, **PLAIN_BN}, head, test_cfg={'mode': 'whole'})


def segface(num_classes):
    head = {'type': 'SegFaceHead', 'in_channels': TINY['embed_dims'], 'num_classes': num_classes}
    return EncoderDecoder({'type': 'MSCAN', **TINY, **PLAIN_BN}, head, test_cfg={'mode': 'whole'})


@pytest.fixture(scope='module')
def tiny():
    return segmentor()


@pytest.fixture(scope='module')
def tiny_file(tiny, tmp_path_factory):
    file = tmp_path_factory.mktemp('weights') / 'tiny.pth'
    meta = {'dataset_meta': {'classes': tuple('abc')}, 'iter': 7}
    torch.save({'state_dict': tiny.state_dict(), 'meta': meta}, file)
    return file


def assert_same(one, other):
    other = other.state_dict()
    assert all(torch.equal(value, other[key]) for key, value in one.state_dict().items())


def test_round_trip(tiny, tiny_file):
    fresh = segmentor()
    report = load_weights(fresh, tiny_file)
    assert_same(tiny, fresh)
    assert report.loaded == len(tiny.state_dict())
    assert report.classes == ('a', 'b', 'c')
    assert report.meta['iter'] == 7
    assert report.notes == ()


def test_classes_of_mmcv_0x(tmp_path):
    layer = torch.nn.Linear(2, 2)
    torch.save({'state_dict': layer.state_dict(), 'meta': {'CLASSES': ['x', 'y']}}, tmp_path / 'x.pth')
    assert load_weights(layer, tmp_path / 'x.pth').classes == ('x', 'y')


def test_prefix_takes_the_backbone(tiny, tiny_file):
    backbone = MSCAN(**TINY, **PLAIN_BN)
    load_weights(backbone, tiny_file, prefix='backbone')
    assert_same(tiny.backbone, backbone)
    with pytest.raises(UserError, match=r'no key that starts with neck\. '):
        load_weights(backbone, tiny_file, prefix='neck.')


@pytest.mark.parametrize('wrap', [
    lambda weights: {f'backbone.{key}': value for key, value in weights.items()},
    lambda weights: {f'module.backbone.{key}': value for key, value in weights.items()} | {'steps': torch.ones(1)},
])  # fmt: skip
def test_a_backbone_is_found_in_a_whole_network(tiny, tmp_path, wrap):
    """mmpretrain's classifiers have `backbone.*` and `head.fc.*`; averaged ones count their steps."""
    weights = wrap(tiny.backbone.state_dict())
    torch.save({'state_dict': weights | {'head.fc.weight': torch.ones(9, 256)}}, tmp_path / 'x.pth')
    backbone = MSCAN(**TINY, **PLAIN_BN)
    (note,) = load_weights(backbone, tmp_path / 'x.pth').notes
    assert_same(tiny.backbone, backbone)
    assert 'backbone.*, without ' in note
    assert 'head.* (1)' in note


def test_a_model_that_occurs_twice_has_to_be_chosen(tmp_path):
    layer = torch.nn.Linear(1, 1)
    weights = {
        f'{who}.{key}': torch.ones_like(value) for who in 'ab' for key, value in layer.state_dict().items()
    }
    torch.save(weights, tmp_path / 'x.pth')
    with pytest.raises(UserError, match=r"holds this model 2 times: choose one by prefix='a\.' or 'b\.'"):
        load_weights(layer, tmp_path / 'x.pth')
    assert load_weights(layer, tmp_path / 'x.pth', prefix='b').loaded == 2


@pytest.mark.parametrize(
    ('model', 'message'),
    [
        (lambda: segmentor(SMALL), r'a SegNeXt-T \(embed_dims \[32.*; the config has a SegNeXt-S'),
        (lambda: segmentor(num_classes=150), r'conv_seg.weight \(19, 64, 1, 1\) but the model has \(150.*'
         r'has 19 classes \(a, b, c\); the config has 150 classes'),
        (lambda: segface(7),
         r'a SegNeXt-T .*, 19 classes .*; the config has a SegFace \(.* of \[32, 64, 160, 256\] channels\), 7 classes'),
        (lambda: torch.nn.Linear(2, 2), r'missing: weight, bias; unexpected: \S+, \S+, \S+ and \d+ more'),
    ],
)  # fmt: skip
def test_a_mismatch_names_the_reason_and_changes_nothing(tiny_file, model, message):
    model = model()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(UserError, match=message) as caught:
        load_weights(model, tiny_file)
    assert '\n' not in str(caught.value)
    every = {*caught.value.missing, *caught.value.unexpected, *caught.value.reshaped}
    assert len(caught.value.listing.splitlines()) == len(every) > 0
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_backbone_file_for_a_segmentor(tiny, tmp_path):
    torch.save({'state_dict': tiny.backbone.state_dict()}, tmp_path / 'mscan_t.pth')
    with pytest.raises(UserError, match=r'holds a backbone only .*init_cfg'):
        load_weights(segmentor(), tmp_path / 'mscan_t.pth')


def test_allow_missing(tmp_path):
    layer = torch.nn.Linear(2, 2)
    torch.save({'weight': torch.ones(2, 2)}, tmp_path / 'x.pth')
    with pytest.raises(UserError, match='missing: bias'):
        load_weights(layer, tmp_path / 'x.pth')
    report = load_weights(layer, tmp_path / 'x.pth', allow_missing=True)
    assert report.missing == ('bias',)
    assert 'left as they were: bias' in str(report)
    assert layer.weight.tolist() == [[1, 1], [1, 1]]


def test_weights_that_are_not_finite(tmp_path):
    layer = torch.nn.Linear(2, 2)
    before = layer.weight.detach().clone()
    torch.save(
        {'state_dict': {'weight': torch.full((2, 2), torch.nan), 'bias': torch.zeros(2)}}, tmp_path / 'x.pth'
    )
    with pytest.raises(UserError, match=r'x\.pth holds NaN or infinite weights \(weight\)'):
        load_weights(layer, tmp_path / 'x.pth')
    assert torch.equal(layer.weight, before)
