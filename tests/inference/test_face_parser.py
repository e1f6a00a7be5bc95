import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from skimage.data import astronaut

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.torch_network import choose_device


@pytest.fixture
def parser(config, weights):
    return FaceParser(config, weights, device='cpu', detector=False)


@pytest.fixture(scope='module')
def photo():
    return astronaut()[:200, 100:260]


def test_labels_are_the_argmax_of_the_networks_logits_at_the_photos_size(parser, photo):
    small = torch.from_numpy(cv2.resize(photo, (64, 64))).permute(2, 0, 1).float()
    mean, std = torch.tensor([123.675, 116.28, 103.53]), torch.tensor([58.395, 57.12, 57.375])
    normalised = (small - mean[:, None, None]) / std[:, None, None]
    with torch.no_grad():
        logits = parser.model.encode_decode(normalised[None], [{'img_shape': (64, 64)}])
    expected = F.interpolate(logits, photo.shape[:2], mode='bilinear').argmax(1)[0].numpy()
    result = parser(photo)
    assert len(np.unique(expected)) > 2
    np.testing.assert_array_equal(result.labels, expected)
    np.testing.assert_array_equal(result.image, photo)
    assert result.labels.dtype == np.uint8
    assert result.label_space.name == 'celebamask_hq'


@pytest.mark.parametrize(('colour', 'channel'), [((255, 0, 0), 0), ((0, 255, 0), 1), ((0, 0, 255), 2)])
def test_network_sees_rgb(parser, tmp_path, colour, channel):
    """The network is replaced by one whose logits are its input, so the label is the brightest channel."""
    parser.model.inference = lambda inputs, metas: inputs
    photo = np.full((20, 30, 3), colour, np.uint8)
    Image.fromarray(photo).save(tmp_path / 'x.png')
    for given in (photo, Image.fromarray(photo), tmp_path / 'x.png', str(tmp_path / 'x.png')):
        assert (parser(given).labels == channel).all()


def test_labels_lie_where_the_logits_are(parser):
    """A 2x2 pattern of classes at the network's size stays in its quadrants, whatever the photo's aspect."""
    logits = torch.zeros(1, 19, 64, 64)
    logits[0, 1, :32, :32] = logits[0, 2, :32, 32:] = logits[0, 3, 32:, :32] = logits[0, 4, 32:, 32:] = 9
    parser.model.inference = lambda inputs, metas: logits
    labels = parser(np.zeros((100, 300, 3), np.uint8)).labels
    assert labels.shape == (100, 300)
    assert [labels[25, 75], labels[25, 225], labels[75, 75], labels[75, 225]] == [1, 2, 3, 4]


def test_same_photo_same_labels(config, weights, photo):
    first = FaceParser(config, weights, 'cpu', detector=False)
    once, again = first(photo).labels, first(photo).labels
    elsewhere = FaceParser(config, weights, 'cpu', detector=False)(photo).labels
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(once, elsewhere)


def test_parse_many_keeps_the_order_and_equals_single_calls(parser, photo):
    photos = [photo, photo[:50, :90], photo[::-1].copy(), photo[100:]]
    results = list(parser.parse_many(iter(photos), batch_size=3))
    for given, result in zip(photos, results, strict=True):
        assert (parser(given).labels == result.labels).mean() > 0.999
        np.testing.assert_array_equal(given, result.image)


def test_parse_many_leaves_out_bad_photos_if_it_may(parser, photo):
    given = [photo, photo.astype(float), photo[:50]]
    bad = []
    shapes = [result.labels.shape for result in parser.parse_many(given, on_bad_photo=bad.append)]
    assert shapes == [(200, 160), (50, 160)]
    assert ['got float64 (200, 160, 3)' in str(error) for error in bad] == [True]
    with pytest.raises(UserError, match='got float64'):
        list(parser.parse_many(given))


def test_parse_many_mixes_sizes_that_the_network_sees(make_config, weights, photo):
    pipeline = [{'type': 'FaceResize', 'scale': (64, 96), 'keep_ratio': True}, {'type': 'PackFaceInputs'}]
    parser = FaceParser(make_config(pipeline=pipeline), weights, 'cpu', detector=False)
    photos = [photo, photo[:80], photo[:80], photo]
    sizes = []
    inference = parser.model.inference
    parser.model.inference = lambda inputs, metas: (
        sizes.append(tuple(inputs.shape)) or inference(inputs, metas)
    )
    shapes = [result.labels.shape for result in parser.parse_many(photos, batch_size=2)]
    assert shapes == [given.shape[:2] for given in photos]
    assert sizes == [(1, 3, 80, 64), (2, 3, 48, 96), (1, 3, 80, 64)]


def test_padding_of_the_preprocessor_is_cut_off(make_config, weights):
    config = make_config(pipeline=[{'type': 'FaceResize', 'scale': (40, 40), 'keep_ratio': False}])
    config.model.data_preprocessor.test_cfg = {'size_divisor': 32}
    parser = FaceParser(config, weights, 'cpu', detector=False)
    logits = torch.zeros(1, 19, 64, 64)
    logits[0, 5, :40, :40] = 1  # the padded rest would be class 0
    parser.model.inference = lambda inputs, metas: logits
    assert (parser(np.zeros((90, 90, 3), np.uint8)).labels == 5).all()


def test_sliding_window(make_config, weights, photo):
    config = make_config()
    config.model.test_cfg = {'mode': 'slide', 'crop_size': (48, 48), 'stride': (16, 16)}
    assert FaceParser(config, weights, 'cpu', detector=False)(photo).labels.shape == photo.shape[:2]


def test_one_pixel(parser):
    assert parser(np.zeros((1, 1, 3), np.uint8)).labels.shape == (1, 1)


def test_config_stays_as_it_was(config, weights):
    before = config.pretty_text
    FaceParser(config, weights, 'cpu', detector=False)
    assert config.pretty_text == before


def test_without_checkpoint_says_so(config, caplog):
    FaceParser(config, device='cpu')
    assert 'weights are random' in caplog.text


def test_broken_weights(parser, photo):
    torch.nn.init.constant_(parser.model.decode_head.conv_seg.weight, float('nan'))
    with pytest.raises(UserError, match='gives NaN'):
        parser(photo)


@pytest.mark.parametrize('device', ['gpu', 'cuda:77', 'cpu:x'])
def test_device_that_is_not_there(device):
    with pytest.raises(UserError, match=f'device {device} cannot be used') as caught:
        choose_device(device)
    assert '\n' not in str(caught.value)


def test_config_without_pipeline(make_config, weights):
    with pytest.raises(UserError, match='no test pipeline'):
        FaceParser(make_config(pipeline=None), weights, 'cpu', detector=False)


def test_config_that_cannot_be_built(config):
    config.model.backbone.type = 'MSCANN'
    with pytest.raises(UserError, match='MSCANN is not in the mmseg::model registry'):
        FaceParser(config)


def test_batch_size(parser):
    with pytest.raises(UserError, match='batch_size must be at least 1, got 0'):
        next(parser.parse_many([], batch_size=0))


def test_a_model_that_aligns_faces_asks_for_landmarks(config, weights, photo):
    landmarks = np.array([[50, 60], [90, 58], [72, 85], [55, 110], [88, 108]])
    with pytest.raises(UserError, match='does not align faces: leave the landmarks out'):
        FaceParser(config, weights, device='cpu', detector=False)(photo, landmarks)
    config.model.type = 'AlignedEncoderDecoder'
    parser = FaceParser(config, weights, device='cpu', detector=False)
    with pytest.raises(UserError, match=r'comes without landmarks.*FaceParser.*landmarks='):
        parser(photo)
    seen = []
    parser.model.encode_decode = lambda inputs, metas: seen.extend(metas) or torch.rand(1, 19, 64, 64)
    assert parser(photo, landmarks).labels.shape == photo.shape[:2]
    with pytest.raises(UserError, match='five points'):
        parser(photo, landmarks.T)
    scale = np.array([64 / photo.shape[1], 64 / photo.shape[0]])
    np.testing.assert_allclose(seen[0]['landmarks'], (landmarks + 0.5) * scale - 0.5, atol=1e-4)
