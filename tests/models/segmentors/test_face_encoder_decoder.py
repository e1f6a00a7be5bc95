"""With `labels_only`, upstream's labels without its logits."""

import pytest
import torch
from mmseg.models import EncoderDecoder as Upstream
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from small_config import small_config

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.models import FaceEncoderDecoder
from mmseg_facenext.models.segmentors.face_encoder_decoder import mean_with_mirrored
from mmseg_facenext.taxonomy import get_label_space


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


def test_the_mean_with_the_mirror_image_by_hand():
    """Two pixels side by side; classes 4 and 5 of CelebAMask-HQ are the left and the right eye."""
    logits, mirrored = torch.full((1, 19, 1, 2), -30.0), torch.full((1, 19, 1, 2), -30.0)
    logits[0, 4, 0, 0] = logits[0, 1, 0, 1] = 0  # left eye beside skin
    mirrored[0, 5, 0, 1] = mirrored[0, 13, 0, 0] = 0  # mirrored: hair beside a right eye
    mean = mean_with_mirrored(logits, mirrored, 'celebamask_hq').exp()
    assert mean[0, 4, 0, 0].item() == pytest.approx(1)
    assert mean[0, (1, 13), 0, 1].tolist() == pytest.approx([0.5, 0.5])


def test_mirrored_photos_get_mirrored_labels():
    cfg = small_config()
    cfg.model.test_cfg = dict(mode='whole', mirror='celebamask_hq')
    torch.manual_seed(0)
    model = build_segmentor(cfg).eval()
    photo = torch.randn(1, 3, 64, 64)
    meta = [{'img_shape': (64, 64)}]
    with torch.no_grad():
        own, other = (model.encode_decode(x, meta) for x in (photo, photo.flip(3)))
    swapped = get_label_space('celebamask_hq').flip_lut()[:19].tolist()
    torch.testing.assert_close(other.flip(3)[:, swapped], own)


def test_a_label_space_of_other_classes_is_refused(logits):
    with pytest.raises(UserError, match="mirror='celebamask_hq' has 19 classes, the network has 5"):
        mean_with_mirrored(logits, logits, 'celebamask_hq')
