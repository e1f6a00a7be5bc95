import cv2
import numpy as np
import pytest
from small_clips import read_clip

from mmseg_facenext.cli.commands import video as command
from mmseg_facenext.errors import UserError
from mmseg_facenext.video.camera import Camera


class Device:
    """A camera of OpenCV that gives three frames, each of one grey, as soon as they are asked for."""

    def __init__(self, number):
        self.number, self.left = number, 3

    def isOpened(self):
        return self.number == 0

    def read(self):
        self.left -= 1
        return self.left >= 0, np.full((32, 48, 3), (40 * self.left, 0, 200), np.uint8)

    def release(self):
        self.left = 0


def test_the_newest_frame_is_given_in_rgb(monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', Device)
    with Camera(0) as camera:
        frames = list(camera)
    assert 1 <= len(frames) <= 3
    for seconds, frame in frames:
        assert seconds >= 0
        assert frame[0, 0, 0] == 200
    with pytest.raises(UserError, match='no camera 1'):
        Camera(1)


def test_a_camera_is_filmed_until_ctrl_c(monkeypatch, tmp_path):
    class ThreeFrames(Camera):
        def __iter__(self):
            for number in range(3):
                yield 0.1 * number, np.full((32, 48, 3), 80 * number, np.uint8)
            raise KeyboardInterrupt

    class Plain:
        def __init__(self, frame):
            self.frame = frame

        def overlay(self, opacity):
            return self.frame

    monkeypatch.setattr(cv2, 'VideoCapture', Device)
    monkeypatch.setattr('mmseg_facenext.video.camera.Camera', ThreeFrames)
    command.film(Plain, command_arguments(tmp_path / 'me.mp4'))
    times, frames, _ = read_clip(tmp_path / 'me.mp4')
    assert times == [0, 100, 200]
    np.testing.assert_allclose([frame.mean() for frame in frames], [0, 80, 160], atol=3)


def command_arguments(target):
    from mmseg_facenext.cli.command import COMMANDS

    return COMMANDS['video'].parse_args(['0', str(target)])
