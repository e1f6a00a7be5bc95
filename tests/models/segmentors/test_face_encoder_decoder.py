"""With `labels_only`, upstream's labels without its logits."""

import pytest
import torch
from mmseg.models import EncoderDecoder as Upstream
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmseg_facenext.models import FaceEncoderDecoder


class Stub(FaceEncoderDecoder):
    """What postprocessing asks of a segmentor, without a network."""

    def __init__(self, labels_only: bool, align_corners: bool = False):
        torch.nn.Module.__init__(self)
        self.test_cfg = dict(labels_only=labels_only)
        self.align_corners = align_corners


def samples(**meta):
    shapes = [(40, 31), (9, 70)]
    return [SegDataSample(metainfo=dict(ori_shape=shape, **meta)) for shape in shapes]


@pytest.fixture
def logits():
    return torch.randn(2, 5, 24, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize(
    'meta',
    [
        dict(padding_size=[0, 0, 0, 0]),
        dict(img_padding_size=[0, 8, 2, 1]),
        dict(padding_size=[0, 4, 0, 8], flip=True, flip_direction='horizontal'),
        dict(flip=True, flip_direction='vertical'),
    ],
    ids=['plain', 'padded', 'flipped', 'upside down'],
)
def test_labels_are_upstreams(logits, meta, align_corners):
    expected = Upstream.postprocess_result(Stub(False, align_corners), logits, samples(**meta))
    predicted = Stub(True, align_corners).postprocess_result(logits, samples(**meta))
    for sample, truth in zip(predicted, expected, strict=True):
        assert torch.equal(sample.pred_sem_seg.data, truth.pred_sem_seg.data)
        assert 'seg_logits' not in sample


def test_logits_are_there_without_it(logits):
    [first, _] = Stub(False).postprocess_result(logits, samples())
    assert first.seg_logits.data.shape == (5, 40, 31)


def test_configs_that_say_encoder_decoder_get_it():
    assert MODELS.get('FaceEncoderDecoder') is FaceEncoderDecoder


def test_more_classes_than_a_byte_has_values():
    """Labels of 300 classes are found, by upstream's way, where 256 would wrap around."""
    segmentor = MODELS.build(
        dict(
            type='FaceEncoderDecoder',
            backbone=dict(
                type='MSCAN', embed_dims=[8, 8, 8, 8], depths=[1, 1, 1, 1], norm_cfg=dict(type='BN')
            ),
            decode_head=dict(type='FCNHead', in_channels=8, channels=8, num_convs=1, num_classes=300),
            test_cfg=dict(mode='whole', labels_only=True),
        )
    )
    logits = torch.zeros(1, 300, 4, 4)
    logits[0, 290, :2], logits[0, 7, 2:] = 1, 1
    sample = SegDataSample(metainfo=dict(ori_shape=(4, 4), img_shape=(4, 4)))
    (found,) = segmentor.postprocess_result(logits, [sample])
    assert found.pred_sem_seg.data[0, :, 0].tolist() == [290, 290, 7, 7]
