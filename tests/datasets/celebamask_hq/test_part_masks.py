import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.datasets.celebamask_hq.part_masks import merge_part_masks
from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_BISENET, CELEBAMASK_HQ_SEGFACE

ORDER = CELEBAMASK_HQ.classes


def row(*pixels):
    return np.array([pixels], np.uint8)


def test_later_parts_cover_earlier_ones():
    parts = {
        'cloth': row(0, 0, 0, 255),
        'skin': row(255, 255, 255, 255),
        'nose': row(0, 255, 0, 0),
        'eye_g': row(0, 255, 255, 0),
    }
    labels = merge_part_masks(parts, ORDER)
    assert labels.dtype == np.uint8
    assert labels.tolist() == [[1, 3, 3, 18]]


@pytest.mark.parametrize(
    ('space', 'expected'),
    [
        # hair and hat, skin and neck, glasses and hair overlap; who wins depends on the painting order.
        (CELEBAMASK_HQ, [[14, 17, 13]]),  # ... hair 13, hat 14, neck 17 is painted last
        (CELEBAMASK_HQ_SEGFACE, [[16, 2, 15]]),  # neck 1, skin 2, hair 14, eye_g 15, hat 16
        (CELEBAMASK_HQ_BISENET, [[18, 14, 17]]),  # skin 1, eye_g 6, neck 14, hair 17, hat 18
    ],
    ids=lambda value: getattr(value, 'name', ''),
)
def test_each_order_paints_in_its_own_sequence(space, expected):
    parts = {
        'hair': row(1, 0, 1),
        'hat': row(1, 0, 0),
        'skin': row(0, 1, 0),
        'neck': row(0, 1, 0),
        'eye_g': row(0, 0, 1),
    }
    assert merge_part_masks(parts, space.classes).tolist() == expected


def as_grey(mask):
    return Image.fromarray(mask * 255)


def as_faint_blue(mask):
    """A single channel of value 1: grey conversion would round it to 0."""
    return Image.fromarray(np.stack([mask * 0, mask * 0, mask], axis=2))


def as_opaque(mask):
    return Image.fromarray(np.stack([mask * 255] * 3 + [np.full_like(mask, 255)], axis=2))


def as_one_bit(mask):
    return Image.fromarray(mask * 255).convert('1')


def as_palette(mask):
    image = Image.fromarray(mask, mode='P')
    image.putpalette([0, 0, 0, 200, 30, 30])
    return image


def as_16_bit(mask):
    return Image.fromarray(mask.astype(np.uint16) * 256)


@pytest.mark.parametrize(
    'encode', [as_grey, as_faint_blue, as_opaque, as_one_bit, as_palette, as_16_bit], ids=lambda f: f.__name__
)
@pytest.mark.filterwarnings('ignore')
def test_every_kind_of_png_counts_its_pixels_that_are_not_black(tmp_path, encode):
    mask = np.array([[0, 1, 1], [0, 0, 1]], np.uint8)
    encode(mask).save(tmp_path / 'skin.png')
    assert merge_part_masks({'skin': tmp_path / 'skin.png'}, ORDER).tolist() == mask.tolist()


def test_colour_arrays_count_any_channel():
    assert merge_part_masks({'nose': np.array([[[0, 0, 7], [0, 0, 0]]])}, ORDER).tolist() == [[2, 0]]


def test_no_masks_is_an_error():
    with pytest.raises(UserError, match=r'0.jpg has no part mask at all; add its masks or take it out'):
        merge_part_masks({}, ORDER, 'img/0.jpg')


def test_unknown_part_is_an_error():
    with pytest.raises(UserError, match=r"masks of unknown parts \['beard'\]; known are skin, nose"):
        merge_part_masks({'beard': row(1)}, ORDER)
    with pytest.raises(UserError, match='unknown parts'):
        merge_part_masks({'background': row(1)}, ORDER)


def test_different_sizes_are_an_error_that_names_both(tmp_path):
    Image.new('L', (4, 4)).save(tmp_path / 'skin.png')
    Image.new('L', (4, 3)).save(tmp_path / 'nose.png')
    parts = {'skin': tmp_path / 'skin.png', 'nose': tmp_path / 'nose.png'}
    with pytest.raises(UserError, match=r'of 5.jpg differ in size: .*skin.png is 4x4, but .*nose.png is 4x3'):
        merge_part_masks(parts, ORDER, '5.jpg')


def test_damaged_mask_is_named(tmp_path):
    path = tmp_path / 'skin.png'
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r'skin\.png is truncated or damaged'):
        merge_part_masks({'skin': path}, ORDER)
    with pytest.raises(UserError, match=r'image not found: .*nose\.png'):
        merge_part_masks({'nose': tmp_path / 'nose.png'}, ORDER)
