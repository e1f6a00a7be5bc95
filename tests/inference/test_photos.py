import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.photos import find_photos


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
