"""SegFace equals the published formulas, written plainly in `benchmarks/plain_segface.py`."""

import pytest
import torch
from closeness import assert_same_logits, assert_same_numbers
from mmengine.structures import PixelData
from mmseg.models import EncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from published_code import SEGFACE, image, state

from benchmarks.plain_segface import PlainEncoding, PlainHead, PlainSegFace
from mmseg_facenext.checkpoints import load_weights
from mmseg_facenext.checkpoints.key_maps import translate_keys
from mmseg_facenext.models import SegFaceHead
from mmseg_facenext.models.backbones.torchvision_features import TAPS
from mmseg_facenext.models.layers.position_encoding import RandomFourierEncoding

STAGES = ['0.1', '0.3', '0.5', '0.7']
# Published network, as far as its names are known, torchvision's name, and the taps of the published backbone.
PUBLISHED = [
    ('celeb_mobilenet', 'mobilenet_v3_large', ['3', '6', '12', '16']),
    (None, 'resnet101', ['4', '5', '6', '7']),
    (None, 'swin_v2_t', STAGES),
]
SLOW = [
    ('celeb_efficientnet', 'efficientnet_v2_m', ['2', '3', '5', '8']),
    (None, 'convnext_small', STAGES),
    ('celeb_convnext_base', 'convnext_base', STAGES),
    ('celeb_swin_base', 'swin_b', STAGES),
    ('celeb_swinv2_base', 'swin_v2_b', STAGES),
]
WIDTHS = [8, 12, 16, 24]
FUSING = ['linear_fuse.weight', 'linear_c.3.proj.weight', 'linear_c.0.proj.bias']
UPSCALING = ['output_upscaling.0.weight', 'output_upscaling.1.bias', 'output_upscaling.3.bias']


def segmentor(name: str) -> EncoderDecoder:
    return EncoderDecoder(
        backbone=dict(type='TorchvisionFeatures', name=name),
        decode_head=dict(type='SegFaceHead', in_channels=TAPS[name].channels, num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ).eval()


@pytest.mark.parametrize(
    ('published', 'name', 'taps'), [*PUBLISHED, *(pytest.param(*one, marks=pytest.mark.slow) for one in SLOW)]
)
@torch.no_grad()
def test_a_checkpoint_under_published_names_gives_the_logits_of_the_published_formulas(
    published, name, taps, tmp_path
):
    theirs, ours = PlainSegFace(name, taps, list(TAPS[name].channels)).eval(), segmentor(name)
    shapes = {key: list(value.shape) for key, value in theirs.state_dict().items()}
    if published:
        assert shapes == SEGFACE[published]
    weights = state(shapes)
    theirs.load_state_dict(weights)
    prefix = 'module.' if name == 'resnet101' else ''
    file = dict(epoch=299, state_dict_backbone={prefix + key: value for key, value in weights.items()})
    torch.save(file, tmp_path / 'model_299.pt')
    load_weights(ours, tmp_path / 'model_299.pt')
    images = image(2, 64, 96)
    assert_same_logits(ours(images), theirs(images))


def head(num_classes: int = 5, **kwargs) -> SegFaceHead:
    torch.manual_seed(0)
    cfg = dict(type='SegFaceHead', in_channels=WIDTHS, num_classes=num_classes, mlp_channels=64)
    return MODELS.build({**cfg, **kwargs})


def levels(height: int = 8, width: int = 12) -> list[torch.Tensor]:
    return [torch.randn(2, C, -(-height // 2**i), -(-width // 2**i)) for i, C in enumerate(WIDTHS)]


@pytest.mark.parametrize('num_classes', [1, 2, 11, 40])
@pytest.mark.parametrize('size', [(8, 12), (7, 5), (1, 3)])
def test_any_number_of_classes_and_any_size(num_classes, size):
    assert head(num_classes)(levels(*size)).shape == (2, num_classes, 4 * size[0], 4 * size[1])


def test_gradients_equal_those_of_the_plain_formulas():
    plain, ours, maps = PlainHead(WIDTHS, ['one', 'two', 'three']), head(3, mlp_channels=2048), levels()
    renamed = translate_keys({**plain.state_dict(), 'backbone.0.weight': torch.zeros(1)})
    own = {key.removeprefix('decode_head.'): value for key, value in renamed.items()}
    ours.load_state_dict({key: value for key, value in own.items() if not key.startswith('backbone')})
    weights = torch.randn(2, 3, 32, 48)
    (plain(maps) * weights).sum().backward()
    (ours(maps) * weights).sum().backward()
    for mine, theirs in (
        (ours.class_tokens.grad[1:2], plain.face_decoder.two_token.weight.grad),
        *((ours.get_parameter(name).grad, plain.get_parameter(name).grad) for name in FUSING),
        *((ours.get_parameter(n).grad, plain.face_decoder.get_parameter(n).grad) for n in UPSCALING),
    ):
        scale = theirs.abs().max()
        torch.testing.assert_close(mine / scale, theirs / scale, atol=1e-4, rtol=0)


def test_the_loss_is_half_cross_entropy_and_half_dice_without_ignored_pixels():
    decode_head, maps = head(), levels()
    labels = torch.randint(0, 5, (2, 1, 32, 48))
    labels[:, :, :10] = 255
    samples = [SegDataSample(gt_sem_seg=PixelData(data=label)) for label in labels]
    losses = decode_head.loss(maps, samples, None)
    counted = labels[:, 0] != 255
    logits = decode_head(maps).permute(0, 2, 3, 1)[counted]  # (pixels, classes)
    truth = torch.nn.functional.one_hot(labels[:, 0][counted], 5).float()
    p = logits.softmax(dim=1)
    dice = (2 * (p * truth).sum(0) + 1e-5) / ((p * p).sum(0) + (truth * truth).sum(0) + 1e-5)
    torch.testing.assert_close(losses['loss_dice'], 0.5 * (1 - dice).mean())
    cross_entropy = -(truth * p.log()).sum(1).mean()
    torch.testing.assert_close(losses['loss_ce'], 0.5 * cross_entropy)


def test_every_parameter_learns():
    decode_head = head()
    decode_head(levels()).square().sum().backward()
    still = [n for n, p in decode_head.named_parameters() if p.grad is None]
    assert still == []


def test_the_position_grid_is_kept_and_follows_the_checkpoint():
    encoding, plain = RandomFourierEncoding(256), PlainEncoding()
    first = encoding((3, 5))
    assert encoding((3, 5)) is first
    encoding.load_state_dict(plain.state_dict())
    expected = plain((3, 5)).flatten(1).T[None]
    assert_same_numbers(encoding((3, 5)), expected)
    assert list(encoding.state_dict()) == ['positional_encoding_gaussian_matrix']
    assert encoding.half()((3, 5)).dtype == torch.half
    for size in range(1, 20):
        encoding((size, size))
    assert len(encoding._grids) == 8


def test_a_grid_from_inference_serves_training():
    decode_head, maps = head(), levels()
    with torch.inference_mode():
        expected = decode_head(maps).clone()
    logits = decode_head(maps)
    logits.sum().backward()
    torch.testing.assert_close(logits.detach(), expected.detach())


@pytest.mark.slow
def test_it_compiles_whole():
    decode_head, maps = head().eval(), levels()
    compiled = torch.compile(decode_head, fullgraph=True)
    with torch.no_grad():
        assert_same_logits(compiled(maps), decode_head(maps))
