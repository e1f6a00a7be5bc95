import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.photos import find_photos, read_photo

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
        (Image.new('I;16', (2, 2)), 'mode I;16'),
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


def test_find_photos(tmp_path):
    for name in ('b.jpg', 'a.PNG', 'notes.txt', 'b_faces.png', 'b_faces_labels.png'):
        (tmp_path / name).touch()
    assert [p.name for p in find_photos([str(tmp_path), str(tmp_path / 'notes.txt')])] == [
        'a.PNG',
        'b.jpg',
        'notes.txt',
    ]
    (tmp_path / 'b_faces_labels.png').unlink()
    (tmp_path / 'holiday_faces.jpg').touch()
    assert [p.name for p in find_photos([str(tmp_path)])] == [
        'a.PNG',
        'b.jpg',
        'b_faces.png',
        'holiday_faces.jpg',
    ]
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match=r'no pictures in .*empty'):
        find_photos([str(tmp_path / 'empty')])
    with pytest.raises(UserError, match='image not found: gone'):
        find_photos(['gone'])


def test_label_maps_beside_their_photos_are_no_photos(tmp_path):
    photos = ['1_image.jpg', '2.png', '3.jpg', 'lone_label.png', 'me_mask.jpg', 'me.jpg']
    for name in (*photos, '1_label.png', '1_image_mask.png', '2_labels.PNG', '3_mask.png'):
        (tmp_path / name).touch()
    assert [path.name for path in find_photos([str(tmp_path)])] == sorted(photos)
    assert find_photos([str(tmp_path / '1_label.png')]), 'what is named is meant'
