import cv2
import numpy as np
import pytest
from mmseg.registry import TRANSFORMS

from mmseg_facenext.datasets import FaceAffine
from mmseg_facenext.datasets.transforms.geometry.face_affine import affine_matrix
from mmseg_facenext.errors import UserError

CENTRES = np.array([[60, 50], [100, 48], [80, 75], [65, 95], [95, 96]], np.float32)


def dots(width=160, height=120):
    """A photo and labels with one dot of its own colour and label around each landmark."""
    image = np.zeros((height, width, 3), np.uint8)
    labels = np.zeros((height, width), np.uint8)
    for label, centre in enumerate(CENTRES.astype(int).tolist(), start=1):
        cv2.circle(image, centre, 4, (50 * label, 0, 0), -1)
        cv2.circle(labels, centre, 4, label, -1)
    return {
        'img': image,
        'gt_seg_map': labels,
        'seg_fields': ['gt_seg_map'],
        'landmarks': CENTRES.copy(),
        'label_space': 'lapa',
    }


def middle(labels, label):
    y, x = np.nonzero(labels == label)
    return x.mean(), y.mean()


@pytest.mark.parametrize(
    ('arguments', 'point', 'expected'),
    [
        ((0, 1, 0, 0), (3, 4), (3, 4)),
        ((0, 1, 5, -2), (3, 4), (8, 2)),
        ((0, 2, 0, 0), (5, 4), (6, 6)),  # the middle of 9x5 is (4, 2)
        ((90, 1, 0, 0), (5, 2), (4, 3)),  # clockwise: what is right of the middle goes below it
        ((180, 3, 1, 1), (5, 3), (2, 0)),
    ],
)
def test_matrix_by_hand(arguments, point, expected):
    np.testing.assert_allclose(affine_matrix(9, 5, *arguments) @ (*point, 1), expected, atol=1e-12)


@pytest.mark.parametrize('interpolation', ['bilinear', 'bicubic'])
@pytest.mark.parametrize('seed', range(5))
def test_image_labels_and_landmarks_move_together(seed, interpolation):
    np.random.seed(seed)  # noqa: NPY002 (what mmengine seeds)
    moved = FaceAffine(scale=(0.8, 1.3), interpolation=interpolation)(dots())
    assert moved['landmarks'].dtype == np.float32
    assert not np.allclose(moved['landmarks'], CENTRES, atol=1)
    for label, landmark in enumerate(moved['landmarks'], start=1):
        np.testing.assert_allclose(middle(moved['gt_seg_map'], label), landmark, atol=0.6)
        blue = moved['img'][..., 0][tuple(landmark.round().astype(int)[::-1])]
        assert abs(int(blue) - 50 * label) < 8


@pytest.mark.parametrize(
    ('scale', 'keep_ratio'), [((320, 60), False), ((40, 360), False), ((200, 200), True)]
)
def test_resize_takes_landmarks_along(scale, keep_ratio):
    resized = TRANSFORMS.build(dict(type='FaceResize', scale=scale, keep_ratio=keep_ratio))(dots())
    for label, landmark in enumerate(resized['landmarks'], start=1):
        np.testing.assert_allclose(middle(resized['gt_seg_map'], label), landmark, atol=0.8)


def test_resize_keeps_pixel_centres():
    photo = {'img': np.zeros((10, 10, 3), np.uint8), 'landmarks': np.array([[0, 9]] * 5, np.float32)}
    resized = TRANSFORMS.build(dict(type='FaceResize', scale=(20, 5)))(photo)
    assert resized['landmarks'][0].tolist() == [0.5, 4.25]  # (0 + 0.5) * 2 - 0.5, (9 + 0.5) / 2 - 0.5


def test_flip_swaps_left_and_right_landmarks():
    flipped = TRANSFORMS.build(dict(type='FaceFlip', prob=1.0))(dots())
    for landmark, before in zip(flipped['landmarks'], [1, 0, 2, 4, 3], strict=True):
        x, y = middle(flipped['img'][..., 0], 50 * (before + 1))
        assert (x, y) == tuple(landmark)
        assert (159 - x, y) == tuple(CENTRES[before])


def test_what_comes_from_outside_is_black_and_ignored():
    moved = FaceAffine(angle=0, scale=(0.5, 0.5), shift=0)(
        {'img': np.full((8, 8, 3), 9, np.uint8), 'gt_seg_map': np.ones((8, 8), np.uint8),
         'seg_fields': ['gt_seg_map']}
    )  # fmt: skip
    assert moved['gt_seg_map'][0, 0] == 255
    assert moved['gt_seg_map'][4, 4] == 1
    assert moved['img'][0, 0].tolist() == [0, 0, 0]
    assert moved['img'][4, 4].tolist() == [9, 9, 9]


def test_drawn_values_stay_in_their_ranges():
    np.random.seed(0)  # noqa: NPY002
    affine, never = FaceAffine(), FaceAffine(prob=0)
    drawn = np.array([affine._draw() for _ in range(2000)])
    for column, (low, high) in zip(drawn.T, ((-30, 30), (0.5, 3), (-20, 20), (-20, 20)), strict=True):
        assert low <= column.min() < low + (high - low) / 100
        assert high - (high - low) / 100 < column.max() <= high
    assert never._draw() is None


@pytest.mark.parametrize(
    'arguments',
    [dict(scale=(2, 1)), dict(scale=(0, 1)), dict(angle=-1), dict(prob=2), dict(interpolation='x')],
)
def test_arguments_that_make_no_sense(arguments):
    with pytest.raises(UserError, match='FaceAffine'):
        FaceAffine(**arguments)
