"""Files from hostile or careless hands. What sound files give: tests/datasets/transforms/test_transforms.py."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.errors import UserError
from mmseg_facenext.utils.png import damaged_chunk
from mmseg_facenext.utils.read_image import read_image, read_labels


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def hand_made_png(width: int, height: int, pixels: bytes = b'') -> bytes:
    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', header)
        + chunk(b'IDAT', zlib.compress(pixels))
        + chunk(b'IEND', b'')
    )


def test_a_program_is_not_run_whatever_it_is_called(tmp_path):
    """Pillow would give this to Ghostscript, which writes the file."""
    marker = tmp_path / 'written'
    program = f'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({marker}) (w) file closefile\nshowpage\n'
    (tmp_path / 'me.jpg').write_text(program)
    with pytest.raises(
        UserError, match=r'me.jpg is not an image that can be read \(\d+ bytes\); expected one of JPEG'
    ):
        read_image(tmp_path / 'me.jpg')
    assert not marker.exists()


@pytest.mark.filterwarnings('ignore::PIL.Image.DecompressionBombWarning')
@pytest.mark.parametrize('side', [12000, 14000])
def test_declared_pixels_are_limited_before_they_are_decoded(tmp_path, side):
    path = tmp_path / 'bomb.png'
    path.write_bytes(hand_made_png(side, side))
    with pytest.raises(
        UserError, match=r'bomb.png (is larger than|has 12000x12000 pixels, more than the 120 megapixels)'
    ):
        read_image(path)


def test_the_limit_can_be_set(tmp_path, monkeypatch):
    Image.new('L', (20, 10)).save(tmp_path / 'x.png')
    monkeypatch.setenv('FACENEXT_MAX_PIXELS', '199')
    with pytest.raises(UserError, match=r'has 20x10 pixels.*FACENEXT_MAX_PIXELS=200'):
        read_image(tmp_path / 'x.png')
    monkeypatch.setenv('FACENEXT_MAX_PIXELS', '200')
    assert read_image(tmp_path / 'x.png').shape == (10, 20, 3)


def test_every_flipped_bit_of_a_label_map_is_noticed(tmp_path):
    """One flipped bit in the compressed pixels changes a fifth of them, and zlib alone notices few."""
    labels = np.kron(np.arange(16, dtype=np.uint8).reshape(4, 4), np.ones((8, 8), np.uint8))
    path = tmp_path / 'labels.png'
    Image.fromarray(labels).save(path)
    sound = path.read_bytes()
    np.testing.assert_array_equal(read_labels(path), labels)
    for bit in range(8 * 8, 8 * len(sound)):
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(UserError, match='labels'):
            read_labels(path)


def test_a_png_that_is_cut_is_damaged():
    whole = hand_made_png(2, 2, b'\0\1\2\0\3\4')
    assert damaged_chunk(whole) is None
    assert damaged_chunk(whole + b'what follows is not part of the image') is None
    assert all(damaged_chunk(whole[:end]) for end in range(8, len(whole)))


def deep(path, values, dtype=np.uint16):
    Image.fromarray(np.asarray(values, dtype).reshape(1, -1)).save(path)
    return path


def test_16_bits_have_one_scale_whatever_the_picture_holds(tmp_path):
    """The same value is the same grey in a bright and in a dark picture."""
    bright = read_image(deep(tmp_path / 'a.png', [0, 5140, 65535]))
    dark = read_image(deep(tmp_path / 'b.png', [0, 5140, 5654]))
    assert bright[0, :, 0].tolist() == [0, 20, 255]
    assert dark[0, :, 0].tolist() == [0, 20, 22]


def test_12_bits_in_16_are_not_nearly_black(tmp_path):
    path = deep(tmp_path / 'x.png', [0, 2056, 4095])
    with pytest.raises(UserError, match=r'uses the lowest 12 only.*bits=12'):
        read_image(path)
    assert read_image(path, bits=12)[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize('values', [[0, 70000], [-1, 5]], ids=str)
def test_32_bits_do_not_wrap(tmp_path, values):
    path = deep(tmp_path / 'x.tif', values, np.int32)
    with pytest.raises(UserError, match=rf'grey values from {values[0]} to {values[1]}, beyond 16 bits'):
        read_image(path)
    with pytest.raises(UserError, match='ids must lie between 0 and 255'):
        read_labels(path)


def test_grey_labels_with_an_alpha_channel(tmp_path):
    Image.merge('LA', [Image.new('L', (2, 2), 7), Image.new('L', (2, 2), 255)]).save(tmp_path / 'x.png')
    assert (read_labels(tmp_path / 'x.png') == 7).all()
