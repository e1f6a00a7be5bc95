import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.photos import choose_targets, find_photos, photo_files


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


def test_subfolders_and_hidden_files(tmp_path):
    for name in ('a.jpg', 'b/c.gif', 'b/d/e.HEIC', '.hidden/f.jpg', 'b/.g.jpg', 'b/c.txt'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [
        path.relative_to(tmp_path).as_posix()
        for path in find_photos([str(tmp_path), str(tmp_path / 'a.jpg')])
    ]
    assert found == ['a.jpg', 'b/c.gif', 'b/d/e.HEIC']


def test_where_results_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('trip/a.jpg', 'trip/a.png', 'trip/day/a.jpg', 'me.jpg'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = {
        photo.as_posix(): target.as_posix()
        for photo, target in choose_targets(photo_files(['trip', 'me.jpg'])).items()
    }
    assert names == {
        'trip/a.jpg': 'trip_faces/a.jpg_faces.jpg',
        'trip/a.png': 'trip_faces/a.png_faces.jpg',
        'trip/day/a.jpg': 'trip_faces/day/a_faces.jpg',
        'me.jpg': 'me_faces.jpg',
    }
    targets = choose_targets(photo_files(['trip/day', 'me.jpg']), out_dir='out')
    assert [target.as_posix() for target in targets.values()] == ['out/a_faces.jpg', 'out/me_faces.jpg']
    with pytest.raises(UserError, match='2 photos have the same name'):
        choose_targets(photo_files(['trip/a.jpg', 'trip/day/a.jpg']))
