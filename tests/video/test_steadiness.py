"""Faces are followed and labels are steady, on drawn moving faces whose truth is known."""

import itertools

import cv2
import numpy as np
import pytest

from mmseg_facenext.synthetic.moving import BACKGROUND
from mmseg_facenext.video import VideoParser
from mmseg_facenext.video.face_tracker import FaceTracker
from mmseg_facenext.video.label_smoother import LabelSmoother

FRAMES = 12


def face_points(moving, time):
    """Five points that lie fixed in the portrait, in a frame."""
    points = np.array([(0.4, 0.45), (0.6, 0.45), (0.5, 0.55), (0.42, 0.68), (0.58, 0.68)]) * len(moving.image)
    matrix = moving.matrix(time)
    return points @ matrix[:, :2].T + matrix[:, 2] + 0.5


class Shaky:
    """A detector that knows the truth and adds an error of its own to every look."""

    def __init__(self, moving, error):
        self.moving, self.error, self.time, self.looks = moving, error, 0, 0
        self.rng = np.random.default_rng(0)

    def __call__(self, frame):
        self.looks += 1
        points = face_points(self.moving, self.time) + self.rng.normal(0, self.error, (5, 2))
        box = [*points.min(0) - 10, *points.max(0) + 10, 0.9]
        return np.array([box], np.float32), points[None].astype(np.float32)


def test_points_follow_the_face_with_less_jitter_than_the_detector(moving):
    detector = Shaky(moving, error=1.5)
    tracker = FaceTracker(detector, every=4)
    errors, numbers = [], set()
    for detector.time in range(24):
        _, points = tracker(moving(detector.time)[0])
        errors.append(points[0].mean(0) - face_points(moving, detector.time).mean(0))
        numbers |= {track.number for track in tracker.tracks}
    assert detector.looks == 6
    assert numbers == {1}  # one person throughout
    assert np.hypot(*np.diff(errors, axis=0).T).mean() < 0.5  # the detector's own: 1.5 * sqrt(pi / 5) = 1.2
    assert np.hypot(*np.transpose(errors)).max() < 3


def test_a_face_that_leaves_is_dropped_at_once_and_looked_for(moving):
    detector = Shaky(moving, error=0)
    tracker = FaceTracker(detector, every=100)
    tracker(moving(0)[0])
    detector.__class__ = type(
        'Blind', (Shaky,), {'__call__': lambda self, frame: (np.zeros((0, 5)), np.zeros((0, 5, 2)))}
    )
    boxes, points = tracker(np.random.default_rng(0).integers(0, 255, (128, 128, 3)).astype(np.uint8))
    assert boxes.shape == (0, 5)
    assert points.shape == (0, 5, 2)


def test_labels_flicker_less_and_do_not_lag(parser, moving):
    plain, smooth = VideoParser(parser, strength=0), VideoParser(parser)
    frames = [moving(time) for time in range(FRAMES)]
    scores = []
    for video in (plain, smooth):
        labels = [video(frame).labels for frame, _ in frames]
        seen = [moving.steady(each, time) for time, each in enumerate(labels)]
        person = moving.labels != BACKGROUND
        flicker = np.mean([(one != two)[person].mean() for one, two in itertools.pairwise(seen)])
        right = np.mean([(own == truth).mean() for own, (_, truth) in zip(labels, frames, strict=True)])
        late = np.mean([(own == truth).mean() for own, (_, truth) in zip(labels[1:], frames, strict=False)])
        scores.append((flicker, right, right - late))
    assert scores[1][0] < 0.9 * scores[0][0]
    assert scores[1][1] > scores[0][1] - 0.002
    assert scores[1][2] > 0


def test_where_something_comes_to_light_the_past_does_not_count():
    """A grey square jumps in; beside it nothing changes."""
    rng = np.random.default_rng(0)
    before = cv2_noise(rng)
    after = before.copy()
    after[16:48, 16:48] = 255 - after[16:48, 16:48]
    smoother = LabelSmoother(0.75)
    old, new = np.zeros((2, 64, 64), np.float32), np.ones((2, 64, 64), np.float32)
    smoother('face', before, old)
    smoother.next_frame()
    mean = smoother('face', after, new)
    assert mean[:, 24:40, 24:40].min() > 0.9
    np.testing.assert_allclose(mean[:, 2:8, 2:60], 0.25, atol=0.05)
    smoother.next_frame()
    smoother.next_frame()
    assert smoother('face', after, old) is old  # what was not there a frame ago is forgotten


def cv2_noise(rng):
    """A coarse pattern, RGB uint8 (64, 64, 3)."""
    return np.kron(rng.integers(0, 255, (16, 16, 1)), np.ones((4, 4, 3))).astype(np.uint8)


@pytest.mark.parametrize('detect', [True, False])
def test_a_frame_without_faces_and_whole_frames(parser, detect):
    video = VideoParser(parser, detect=detect)
    frame = np.full((96, 128, 3), 90, np.uint8)
    for _ in range(2):
        parsing = video(frame)
    assert parsing.labels.shape == (96, 128)
    assert parsing.faces == (() if detect else None)


@pytest.mark.parametrize('size', [(64, 64), (32, 32), (400, 300)])
def test_the_past_moves_with_the_picture_at_any_size_of_the_answer(size):
    """Everything moves by a sixteenth to the right, and labels with it."""
    rng = np.random.default_rng(0)
    wide = cv2.GaussianBlur(rng.integers(0, 255, (192, 240, 3)).astype(np.uint8), (0, 0), 6)
    wide = cv2.normalize(wide, None, 0, 255, cv2.NORM_MINMAX)
    smoother = LabelSmoother(0.75)
    logits = np.zeros((1, *size), np.float32)
    logits[..., : size[1] // 2] = 1
    smoother('face', wide[:, 12:204], logits)
    smoother.next_frame()
    mean = smoother('face', wide[:, :192], np.zeros_like(logits))[0]
    edge, margin = size[1] // 2 + size[1] // 16, size[1] // 16
    inner = slice(size[0] // 8, -size[0] // 8)
    np.testing.assert_allclose(mean[inner, 4 * margin : edge - margin], 0.75, atol=0.1)
    np.testing.assert_allclose(mean[inner, edge + margin :], 0, atol=0.05)
