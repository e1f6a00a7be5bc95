import io

import numpy as np
import pytest
import torch
from PIL import Image

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.read_photo import read_photo

RAMP = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def test_file_is_rgb_and_knows_its_path(tmp_path):
    Image.fromarray(RAMP).save(tmp_path / 'x.png')
    path, image = read_photo(str(tmp_path / 'x.png'))
    assert path == tmp_path / 'x.png'
    np.testing.assert_array_equal(image, RAMP)


@pytest.mark.parametrize('as_pillow', [True, False])
def test_exif_orientation(tmp_path, as_pillow):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate clockwise by 90 degrees to see it upright
    Image.fromarray(RAMP).save(tmp_path / 'x.png', exif=exif)
    photo = Image.open(tmp_path / 'x.png') if as_pillow else tmp_path / 'x.png'
    np.testing.assert_array_equal(read_photo(photo)[1], np.rot90(RAMP, -1))


def test_arrays():
    grey, alpha = RAMP[..., 0], np.dstack([RAMP, RAMP[..., :1]])
    np.testing.assert_array_equal(read_photo(RAMP)[1], RAMP)
    np.testing.assert_array_equal(read_photo(alpha)[1], RAMP)
    for given in (grey, grey[..., None]):
        np.testing.assert_array_equal(read_photo(given)[1], np.dstack([grey] * 3))


@pytest.mark.parametrize('mode', ['L', 'RGBA', 'P', 'CMYK', '1', 'LA'])
def test_pillow_modes(mode):
    assert read_photo(Image.new(mode, (6, 4)))[1].shape == (4, 6, 3)


@pytest.mark.parametrize(
    ('photo', 'message'),
    [
        (RAMP / 255, r'got float64 \(4, 6, 3\)'),
        (RAMP[None], r'got uint8 \(1, 4, 6, 3\)'),
        (RAMP[:, :, :2], r'\(4, 6, 2\)'),
        (RAMP[:0], r'\(0, 6, 3\)'),
        (Image.new('F', (2, 2)), 'mode F'),
        (torch.zeros(4, 6, 3), r'tensor \(3, H, W\)'),
        (torch.full((3, 2, 2), 255.0), 'from 0 to 1'),
        ([RAMP], 'got list'),
        ('gone.jpg', 'image not found: gone.jpg'),
    ],
)
def test_no_photo(photo, message):
    with pytest.raises(UserError, match=message):
        read_photo(photo)


def test_truncated_pillow_image(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / 'x.jpg')
    (tmp_path / 'cut.jpg').write_bytes((tmp_path / 'x.jpg').read_bytes()[:2000])
    with pytest.raises(UserError, match='truncated'):
        read_photo(Image.open(tmp_path / 'cut.jpg'))


def test_bytes_and_opened_files(tmp_path):
    Image.fromarray(RAMP).save(tmp_path / 'x.png')
    content = (tmp_path / 'x.png').read_bytes()
    with open(tmp_path / 'x.png', 'rb') as stream:
        for given in (content, io.BytesIO(content), stream):
            np.testing.assert_array_equal(read_photo(given)[1], RAMP)


def test_tensors():
    tensor = torch.from_numpy(RAMP).permute(2, 0, 1)
    np.testing.assert_array_equal(read_photo(tensor)[1], RAMP)
    np.testing.assert_array_equal(read_photo(tensor / 255)[1], RAMP)
    np.testing.assert_array_equal(read_photo(tensor[:1])[1], np.dstack([RAMP[..., 0]] * 3))


def test_a_pillow_image_of_16_bits():
    deep = Image.fromarray(RAMP[..., 0].astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_photo(deep)[1][..., 0], RAMP[..., 0])
