"""Landmarks in the forms in which people have them."""

import numpy as np
import pytest

from mmseg_facenext.datasets.landmarks import read_landmarks
from mmseg_facenext.errors import UserError

NAMES = ('10405146_1', '20')
FIVE = np.arange(10).reshape(5, 2)


@pytest.fixture
def files(tmp_path):
    """Landmarks of `NAMES` in every form; where points are picked, point i is at (i, -i)."""
    points = [(i, -i) for i in range(106)]
    table = [f'{" ".join(f"{x} {y}" for x, y in points[:68])} {name}' for name in NAMES]
    texts = {
        'five.txt': '0,1\n2,3\n4,5\n6,7\n8,9\n',
        'nine.txt': '0 1 2 3 4 5 6 7 8',
        'lapa.txt': '\n'.join(['106', *(f'{x} {y}' for x, y in points)]),
        'helen.txt': '\n'.join(table),
        'folder/10405146_1.txt': '0 1 2 3 4 5 6 7 8 9',
    }
    (tmp_path / 'folder').mkdir()
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('five.txt', FIVE),
        ('folder', FIVE),
        ('lapa.txt', [(i, -i) for i in ((74 + 104) / 2, (83 + 105) / 2, 54, 84, 90)]),
        ('helen.txt', [(i / 2, -i / 2) for i in (38.5, 44.5, 30, 48, 54)]),
    ],
)
def test_every_form(files, name, expected):
    (found,) = read_landmarks(files / name, [f'photos/{NAMES[0]}.jpg'])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ('name', 'photos', 'message'),
    [
        ('five.txt', NAMES, 'landmarks of one photo, but there are 2: name a folder'),
        ('nine.txt', 'a', 'expected ten numbers'),
        ('folder', NAMES, r'not found: .*20\.txt'),
        ('helen.txt', 'c', 'has no landmarks of c'),
        ('none.txt', 'a', 'not found'),
    ],
)
def test_what_is_missing_is_named(files, name, photos, message):
    with pytest.raises(UserError, match=message):
        read_landmarks(files / name, [f'{photo}.jpg' for photo in photos])


def test_a_table_has_them_for_names_with_the_ending_of_helen(files):
    one, other = read_landmarks(files / 'helen.txt', ['20_image.jpg', '10405146_1.png'])
    np.testing.assert_array_equal(one, other)
