import cv2
import numpy as np
import pytest

from mmseg_facenext.datasets import BorrowedStyle, FaceOccluders, FaceWarp, PhotoCurves, PhotoTransforms
from mmseg_facenext.datasets.transforms.colour.borrowed_style import with_channels_of, with_low_frequencies_of
from mmseg_facenext.datasets.transforms.colour.photo_curves import colour_matrix
from mmseg_facenext.errors import UserError

CENTRES = np.array([[60, 50], [100, 48], [80, 75], [65, 85], [95, 86]], np.float32)


def dots(size=(160, 120)):
    """A photo and labels with a dot of its own label around each landmark."""
    image = np.full((size[1], size[0], 3), 10, np.uint8)
    labels = np.zeros(image.shape[:2], np.uint8)
    for label, centre in enumerate(CENTRES.astype(int).tolist(), start=1):
        cv2.circle(image, centre, 5, (250, 250, 250), -1)
        cv2.circle(labels, centre, 5, label, -1)
    return {'img': image, 'gt_seg_map': labels, 'seg_fields': ['gt_seg_map'], 'landmarks': CENTRES.copy()}


def noise(seed=0, shape=(40, 56, 3), low=0, high=256):
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.uint8)


def test_a_warp_that_does_nothing_is_a_resize():
    photo = noise()
    same = FaceWarp((56, 40), prob=0).transform({'img': photo})
    np.testing.assert_array_equal(same['img'], photo)
    half = FaceWarp((28, 20), prob=0).transform({'img': photo, 'landmarks': np.float32([[0.5, 2.5]] * 5)})
    np.testing.assert_array_equal(half['img'], cv2.resize(photo, (28, 20), interpolation=cv2.INTER_AREA))
    np.testing.assert_allclose(half['landmarks'], [[0, 1]] * 5, atol=1e-6)
    assert half['img_shape'] == (20, 28)


@pytest.mark.parametrize('seed', range(4))
def test_photo_labels_and_landmarks_move_together(seed):
    np.random.seed(seed)  # noqa: NPY002
    warped = FaceWarp((200, 150), scale=(0.8, 1.2), shift=0.05, prob=1).transform(dots())
    labels = warped['gt_seg_map']
    found = 0
    for label, (x, y) in enumerate(warped['landmarks'], start=1):
        rows, columns = np.nonzero(labels == label)
        if 12 < x < 188 and 12 < y < 138:
            np.testing.assert_allclose((columns.mean(), rows.mean()), (x, y), atol=1.5)
            assert (warped['img'][rows, columns, 0] > 100).mean() > 0.9
            found += 1
    assert found >= 4
    assert not np.allclose(warped['landmarks'], CENTRES * 1.25, atol=2)


def test_labels_of_another_size_than_the_photo_are_refused():
    sample = {'img': noise(), 'gt_seg_map': np.zeros((20, 28), np.uint8), 'seg_fields': ['gt_seg_map']}
    with pytest.raises(UserError, match='56x40, got 28x20'):
        FaceWarp((56, 40)).transform(sample)


def test_curves_without_colours_and_matrices_of_known_turns():
    np.random.seed(3)  # noqa: NPY002
    grey = PhotoCurves(grey=1, prob=1).transform({'img': noise()})['img'].astype(int)
    assert np.ptp(grey, axis=2).max() <= 1
    np.testing.assert_allclose(colour_matrix(1, 0), np.eye(3), atol=1e-12)
    # a third of a turn around the grey axis takes each channel to the next
    np.testing.assert_allclose(colour_matrix(1, 120), np.roll(np.eye(3), 1, axis=0), atol=1e-12)
    np.testing.assert_allclose(colour_matrix(2.5, 33) @ np.ones(3), np.ones(3), atol=1e-12)


def test_torchvision_sees_red_green_blue():
    blue = np.zeros((8, 8, 3), np.uint8)
    blue[..., 0] = 255  # BGR
    step = dict(type='Grayscale', num_output_channels=3)
    result = PhotoTransforms([step]).transform({'img': blue})['img']
    assert abs(int(result[0, 0, 0]) - 0.114 * 255) <= 1  # ITU-R 601: 0.299 R + 0.587 G + 0.114 B
    kept = PhotoTransforms([{**step, 'prob': 0.0}]).transform({'img': blue})['img']
    np.testing.assert_array_equal(kept, blue)


@pytest.mark.parametrize(
    ('step', 'message'),
    [
        (dict(type='Blurr'), "no transform 'Blurr'"),
        (dict(type='GaussianBlur', kernel=3), 'GaussianBlur does not take'),
        (dict(type='JPEG', quality=50, prob=2), 'prob of JPEG'),
    ],
)
def test_steps_that_torchvision_does_not_know_are_said(step, message):
    with pytest.raises(UserError, match=message):
        PhotoTransforms([step])


def test_borrowed_statistics_are_those_of_the_other_picture():
    dark, bright = noise(1, low=40, high=90), noise(2, low=120, high=240)
    taken = with_channels_of(dark, bright, 1.0)
    np.testing.assert_allclose(taken.mean((0, 1)), bright.mean((0, 1)), atol=1)
    np.testing.assert_allclose(taken.std((0, 1)), bright.std((0, 1)), atol=1)
    np.testing.assert_allclose(with_channels_of(dark, bright, 0.0), dark, atol=1)
    lit = with_low_frequencies_of(dark, bright, 1.0, 0.01)
    np.testing.assert_allclose(lit.mean((0, 1)), bright.mean((0, 1)), atol=1)
    # only frequencies 0 and 1 of a side may differ
    change = np.abs(np.fft.fft2(lit.astype(float) - dark, axes=(0, 1)))
    assert change[2:-1, 2:-1].max() < 0.02 * change[0, 0].min()


def test_a_style_is_borrowed_from_an_earlier_photo():
    np.random.seed(0)  # noqa: NPY002
    borrow = BorrowedStyle(prob=1.0)
    dark, bright = noise(1, low=40, high=90), noise(2, low=120, high=240)
    np.testing.assert_array_equal(borrow.transform({'img': dark})['img'], dark)  # nobody was there before
    assert borrow.transform({'img': bright})['img'].mean() < bright.mean()


def test_what_is_covered_is_background_or_ignored():
    np.random.seed(1)  # noqa: NPY002
    photo, labels = noise(shape=(64, 64, 3)), np.full((64, 64), 4, np.uint8)
    sample = {'img': photo.copy(), 'gt_seg_map': labels.copy(), 'seg_fields': ['gt_seg_map']}
    covered = FaceOccluders(prob=1, erase=0.5).transform(sample)
    changed = (covered['img'] != photo).any(2)
    assert changed.any()
    assert set(np.unique(covered['gt_seg_map'][changed])) <= {0, 255}
    assert (covered['gt_seg_map'][~changed] == 4).mean() > 0.97  # a covering pixel can have the same colour


@pytest.mark.parametrize('radius', [0.001, 0.03, 0.2])
def test_low_frequencies_are_those_of_the_whole_transform(radius):
    photo, other, share = noise(3, low=20, high=160), noise(4, low=90, high=250), 0.7
    own, borrowed = (np.fft.fft2(picture.astype(float), axes=(0, 1)) for picture in (photo, other))
    reach = max(1, round(radius * min(photo.shape[:2])))
    near = [np.abs(np.fft.fftfreq(side, 1 / side)) <= reach for side in photo.shape[:2]]
    low = np.logical_and.outer(*near)[..., None]
    mixed = share * np.abs(borrowed) + (1 - share) * np.abs(own)
    expected = np.fft.ifft2(np.where(low, own * mixed / np.abs(own), own), axes=(0, 1)).real.clip(0, 255)
    np.testing.assert_allclose(with_low_frequencies_of(photo, other, share, radius), expected, atol=0.6)
