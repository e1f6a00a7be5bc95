import struct

import numpy as np
import pytest
from small_clips import read_clip, write_clip

from mmseg_facenext.errors import UserError
from mmseg_facenext.video import VideoParser, write_video


class NoFaces:
    """A parser that changes nothing: what is tested is the file."""

    def __init__(self, stop_at=None):
        self.seen, self.stop_at = [], stop_at

    def restart(self):
        self.seen = []

    def __call__(self, frame):
        if len(self.seen) == self.stop_at:
            raise KeyboardInterrupt
        self.seen.append(frame)
        return frame


def convert(source, target, stop_at=None):
    parser = NoFaces(stop_at)
    return write_video(parser, source, target, draw=lambda frame: frame), parser.seen


TIMES = [0, 40, 80, 200, 210, 300, 340, 380, 600, 640, 680, 720]


@pytest.fixture(scope='module')
def ramps():
    """Twelve frames that differ in brightness, red on the left, blue on the right."""
    frames = np.zeros((12, 96, 128, 3), np.uint8)
    frames[:, :, :64, 0], frames[:, :, 64:, 2] = 200, 200
    frames[..., 1] = (np.arange(12) * 12)[:, None, None]
    frames[:, :48] //= 2
    return list(frames)


def test_times_sound_and_colours_stay(tmp_path, ramps):
    source = write_clip(tmp_path / 'in.mp4', ramps, TIMES)
    written, _ = convert(source, tmp_path / 'out.mp4')
    before, after = read_clip(source), read_clip(tmp_path / 'out.mp4')
    assert written.frames == 12
    assert after[0] == before[0] == TIMES  # a variable frame rate
    assert after[2] == before[2] != []  # the sound is copied byte for byte
    inside = np.s_[8:40, 8:56]
    for place in (inside, np.s_[56:88, 72:120]):
        for one, two in zip(ramps, after[1], strict=True):
            np.testing.assert_allclose(two[place].mean((0, 1)), one[place].mean((0, 1)), atol=5)


@pytest.mark.parametrize(('codec', 'target'), [('pcm_s16le', 'out.mp4'), ('libopus', 'out.mov')])
def test_sound_that_the_file_cannot_hold_is_coded_anew(tmp_path, ramps, codec, target):
    source = write_clip(tmp_path / 'in.mkv', ramps, TIMES, sound_codec=codec)
    convert(source, tmp_path / target)
    _, _, sound = read_clip(tmp_path / target)
    assert sum(map(len, sound)) > 500


def test_odd_sizes_become_even(tmp_path, ramps):
    odd = [frame[:95, :127] for frame in ramps]
    source = write_clip(tmp_path / 'in.mp4', odd, TIMES, sound=False)
    _, seen = convert(source, tmp_path / 'out.mp4')
    _, frames, sound = read_clip(tmp_path / 'out.mp4')
    assert seen[0].shape == (95, 127, 3)
    assert frames[0].shape == (96, 128, 3)
    assert sound == []


def test_rotated_files_come_upright(tmp_path, ramps):
    """A phone held upright: the stored picture is to be turned by 90 degrees clockwise."""
    source = write_clip(tmp_path / 'in.mp4', ramps, TIMES, sound=False)
    data = bytearray(source.read_bytes())
    header = data.index(b'tkhd')
    place = (
        header + 4 + 4 + 20 + 16
    )  # after version, times and layer: nine numbers of the matrix, ISO 14496-12
    one = 1 << 16
    data[place : place + 36] = struct.pack('>9i', 0, one, 0, -one, 0, 0, 96 * one, 0, 1 << 30)
    source.write_bytes(data)
    _, seen = convert(source, tmp_path / 'out.mp4')
    _, frames, _ = read_clip(tmp_path / 'out.mp4')
    assert frames[0].shape == (128, 96, 3)
    for frame in (seen[0], frames[0]):
        np.testing.assert_allclose(frame[:, ::1], np.rot90(ramps[0], -1), atol=60)


def test_ctrl_c_leaves_what_was_done(tmp_path, ramps):
    source = write_clip(tmp_path / 'in.mp4', ramps, TIMES)
    written, _ = convert(source, tmp_path / 'out.mp4', stop_at=5)
    assert written.interrupted
    assert read_clip(tmp_path / 'out.mp4')[0] == TIMES[:5]
    assert {file.name for file in tmp_path.iterdir()} == {'in.mp4', 'out.mp4'}


def test_what_is_no_video_is_said_in_one_line(tmp_path, ramps):
    good = write_clip(tmp_path / 'good.mp4', ramps, TIMES)
    text, cut, sound = (tmp_path / name for name in ('text.mp4', 'cut.mp4', 'missing.mp4'))
    text.write_text('this is no video')
    cut.write_bytes(good.read_bytes()[:2000])
    for source in (text, cut, sound):
        with pytest.raises(UserError, match=source.name) as raised:
            convert(source, tmp_path / 'out.mp4')
        assert '\n' not in str(raised.value)
    with pytest.raises(UserError, match='written over'):
        convert(good, good)
    with pytest.raises(UserError, match=r'\.mp4'):
        convert(good, tmp_path / 'out.gif')
    assert not (tmp_path / 'out.mp4').exists()


def test_damage_in_the_middle_is_passed_over(tmp_path, ramps):
    source = write_clip(tmp_path / 'in.mkv', ramps, TIMES)
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    written, _ = convert(source, tmp_path / 'out.mp4')
    assert 0 < written.frames <= 12
    assert len(read_clip(tmp_path / 'out.mp4')[0]) == written.frames


def test_a_real_parser_colours_the_face(tmp_path, parser, moving):
    frames = [moving(time)[0] for time in range(3)]
    source = write_clip(tmp_path / 'in.mp4', frames, [0, 40, 80], sound=False)
    counts = []
    write_video(VideoParser(parser), source, tmp_path / 'out.mp4', opacity=1.0, on_frame=counts.append)
    assert counts == [3, 3, 3]
    face = np.array(parser.label_space.palette[parser.label_space.index('skin')])
    for time, picture in enumerate(read_clip(tmp_path / 'out.mp4')[1]):
        skin = moving(time)[1] == parser.label_space.index('skin')
        assert (abs(picture[skin].astype(int) - face).max(-1) < 40).mean() > 0.6
