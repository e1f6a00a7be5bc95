"""The tanh warp against its formulas and against the way back."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from closeness import assert_same_logits, assert_same_numbers
from published_code import SEGFACE, image, state

from benchmarks.plain_segface import PlainDecoder, PlainSegFace
from mmseg_facenext.checkpoints import load_checkpoint_into
from mmseg_facenext.config.load import load_config
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.models.alignment.tanh_warp import TEMPLATE, TanhWarp, similarity

LAPA = Path(__file__).parents[3] / 'local_configs/segface/segface.swin_b.224.lapa.py'
WIDTHS = [24, 40, 112, 960]

PHOTO, FACE = (160, 140), (128, 128)
LANDMARKS = torch.tensor(
    [
        [[50.0, 70.0], [84.0, 66.0], [69.0, 84.0], [58.0, 104.0], [83.0, 101.0]],
        [[60.0, 60.0], [80.0, 60.0], [70.0, 72.0], [63.0, 84.0], [77.0, 84.0]],
    ]
)


def smooth_photo() -> torch.Tensor:
    rows, columns = torch.meshgrid(*(torch.linspace(0, 6, n) for n in PHOTO), indexing='ij')
    return torch.stack([(rows + columns).sin(), (rows * 1.3 - columns).cos(), rows / 6]).repeat(2, 1, 1, 1)


@pytest.mark.parametrize('warp_factor', [0.0, 0.3, 0.8, 1.0])
def test_there_and_back_is_the_photo_within_the_face(warp_factor):
    photo = smooth_photo()
    warp = TanhWarp(LANDMARKS, PHOTO, FACE, warp_factor)
    back = warp.to_photo(warp.to_face(photo))
    for i, points in enumerate(LANDMARKS):
        (left, top), (right, bottom) = points.amin(0).int().tolist(), points.amax(0).int().tolist()
        face = (i, slice(None), slice(top - 8, bottom + 8), slice(left - 8, right + 8))
        assert (back[face] - photo[face]).abs().max() < 0.01  # of values from -1 to 1


def test_landmarks_come_to_lie_on_the_template():
    turned = LANDMARKS[1:].clone()
    template = (torch.tensor(TEMPLATE) + 1) / 2 * 127
    angle, scale = math.radians(25), 0.4
    turn = scale * torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    exact = (template @ turn.T + torch.tensor([60.0, 20.0]))[None]
    matrix, shift = similarity(exact, template[None])
    torch.testing.assert_close(exact[0] @ matrix[0].T + shift[0], template, atol=1e-3, rtol=0)
    assert torch.linalg.det(matrix).item() == pytest.approx(1 / scale**2, rel=1e-4)
    # A dot on each landmark is seen on the template's place, whatever way the face lies.
    for points in (exact, turned):
        photo = torch.zeros(1, 5, *PHOTO)
        for channel, (x, y) in enumerate(points[0].round().int().tolist()):
            photo[0, channel, y, x] = 1
        face = TanhWarp(points.round(), PHOTO, FACE, 0.2).to_face(photo)[0]
        tolerance = 2.5 if points is exact else 6
        for channel, (x, y) in enumerate(template.tolist()):
            row, column = divmod(int(face[channel].argmax()), 128)
            assert abs(row - y) < tolerance
            assert abs(column - x) < tolerance


@pytest.mark.parametrize('warp_factor', [0.0, 0.8])
def test_published_grids(warp_factor):
    """pixel_centre=0 is FaRL's sampling."""
    photo, logits = smooth_photo(), torch.randn(2, 4, *FACE)
    warp = TanhWarp(LANDMARKS, PHOTO, FACE, warp_factor, pixel_centre=0.0)
    face, back = warp.to_face(photo), warp.to_photo(logits)
    for i, points in enumerate(LANDMARKS.double().numpy()):
        to_face, to_photo = published_grids(points, PHOTO, FACE, warp_factor)
        expected = F.grid_sample(photo[i : i + 1], to_face, align_corners=False)
        assert_same_pixels(face[i : i + 1], expected)
        expected = F.grid_sample(logits[i : i + 1], to_photo, align_corners=False)
        assert_same_pixels(back[i : i + 1], expected)


def assert_same_pixels(found, expected):
    """Places in float32 are exact to 128 * 2**-24 pixels, after a few sums to 1e-4; neighbours in noise are as far
    apart as its largest values."""
    assert_same_numbers(found, expected, bound=2e-4)


def published_grids(points, photo, face, factor):
    """FaRL's and SegFace's sampling in NumPy, with whole pixels and a matrix inverse: grids of float64 made float32.

    Args:
        points: (5, 2).
        photo, face: (height, width).

    Returns:
        Where each pixel of the face lies in the photo (1, h, w, 2), and each pixel of the photo in the face.
    """
    h, w = face
    target = (np.array(TEMPLATE) + 1) * (np.array([w, h]) - 1) / 2
    design = np.concatenate(
        [[[x, -y, 1, 0], [y, x, 0, 1]] for x, y in points]
    )  # u = a x - b y + c, v = b x + a y + d
    a, b, c, d = np.linalg.lstsq(design, target.ravel(), rcond=None)[0]
    matrix = np.array([[a, -b, c], [b, a, d], [0, 0, 1]])

    ys, xs = np.mgrid[:h, :w]
    aligned = np.stack([_published_bend(v, n, factor, inverse=True) for v, n in ((xs, w), (ys, h))])
    source = np.linalg.inv(matrix) @ np.stack([*aligned.reshape(2, -1), np.ones(h * w)])
    to_face = (source[:2] / [[photo[1]], [photo[0]]] * 2 - 1).T.reshape(1, h, w, 2)

    ys, xs = np.mgrid[: photo[0], : photo[1]]
    u, v = (matrix @ np.stack([xs.ravel(), ys.ravel(), np.ones(xs.size)]))[:2]
    bent = [_published_bend(value, n, factor, inverse=False) / n * 2 - 1 for value, n in ((u, w), (v, h))]
    to_photo = np.stack(bent, -1).reshape(1, *photo, 2)
    return torch.from_numpy(to_face).float(), torch.from_numpy(to_photo).float()


def _published_bend(values: np.ndarray, size: int, factor: float, inverse: bool) -> np.ndarray:
    if factor == 0:
        return values
    c = values / size * 2 - 1
    bend = (lambda z: np.arctanh(np.clip(z, -0.999, 0.999))) if inverse else np.tanh
    high = bend((c - 1 + factor) / factor) * factor + 1 - factor
    low = bend((c + 1 - factor) / factor) * factor - 1 + factor
    return (np.where(c > 1 - factor, high, np.where(c < factor - 1, low, c)) + 1) / 2 * size


@torch.no_grad()
def test_the_network_of_lapa_under_random_landmarks():
    """Our config's model against the published formulas: warp, network, warp back. MobileNet stands for Swin-B."""
    cfg = load_config(LAPA)
    cfg.model.backbone.update(name='mobilenet_v3_large', init_cfg=None)
    cfg.model.decode_head.in_channels = WIDTHS
    ours = build_segmentor(cfg).eval()
    theirs = PlainSegFace('mobilenet_v3_large', ['3', '6', '12', '16'], WIDTHS)
    tokens = [key for key in SEGFACE['lapa_swin_base'] if key.endswith('_token.weight')]
    theirs.face_decoder = PlainDecoder([key.split('.')[1].removesuffix('_token') for key in tokens])
    theirs.eval().load_state_dict(
        state({key: list(value.shape) for key, value in theirs.state_dict().items()})
    )
    load_checkpoint_into(ours, {'state_dict_backbone': theirs.state_dict()}, 'model_299.pt')

    size, photo = (96, 96), image(3, 96, 96)
    turns = np.random.default_rng(0).uniform([-0.5, 0.2, 30, 30], [0.5, 0.5, 60, 60], size=(3, 4))
    for one, (angle, scale, *shift) in zip(photo.split(1), turns, strict=True):
        turn = 48 * scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = np.random.default_rng(1).normal(np.array(TEMPLATE) @ turn.T + shift, 2)
        to_face, to_photo = published_grids(points, size, size, 0.8)
        face = F.grid_sample(one, to_face, align_corners=False)
        expected = F.grid_sample(theirs(face), to_photo, align_corners=False)
        found = ours.encode_decode(one, [dict(landmarks=points, img_shape=size)])
        assert_same_logits(found, expected)


def test_gradients_flow_both_ways():
    photo, logits = smooth_photo().requires_grad_(), torch.randn(2, 3, *FACE, requires_grad=True)
    warp = TanhWarp(LANDMARKS, PHOTO, FACE)
    (warp.to_face(photo).square().sum() + warp.to_photo(logits).square().sum()).backward()
    assert photo.grad[:, :, 70:90, 60:75].abs().min() > 0
    assert logits.grad.isfinite().all()
    assert logits.grad[:, :, 50:78, 50:78].abs().amin() > 0


def test_the_whole_photo_is_squeezed_into_the_face():
    """Without squeezing the corners of a photo are lost, with it they are there."""
    photo = torch.ones(2, 1, *PHOTO)
    back = {f: TanhWarp(LANDMARKS, PHOTO, (512, 512), f) for f in (0.0, 0.8)}
    kept = {f: warp.to_photo(warp.to_face(photo)).gt(0.5).float().mean().item() for f, warp in back.items()}
    assert kept[0.8] > 0.97
    assert kept[0.0] < 0.9
