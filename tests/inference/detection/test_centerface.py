"""The detector on the photograph of an astronaut that comes with scikit-image (NASA, public domain)."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut, coffee

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.detection import CenterFace, centerface_network, faces_of

# Read off the photo by eye: her right eye, left eye, nose, corners of the mouth.
POINTS = np.array([(203, 103), (246, 105), (224, 126), (203, 144), (241, 145)])


@pytest.fixture(scope='module')
def detector():
    return CenterFace()


def scene(scale=1.0, degrees=0.0, size=512):
    """The astronaut's head, turned clockwise, in the middle of a plain photo; and the five points there."""
    matrix = cv2.getRotationMatrix2D((224, 120), -degrees, scale)
    matrix[:, 2] += size / 2 - np.array((224, 120))
    head = np.full((size, size, 3), 120, np.uint8)
    cv2.warpAffine(
        astronaut()[:230],
        matrix,
        (size, size),
        dst=head,
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return head, POINTS @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize(
    ('scale', 'degrees'), [(1, 0), (0.4, 0), (3.5, 0), (1, 90), (1, 180), (0.7, -90), (1, 30), (0.6, 150)]
)
def test_size_and_angle(detector, scale, degrees):
    photo, points = scene(scale, degrees)
    [face] = faces_of(detector, photo)
    assert np.abs(face.points - points).max() < 0.05 * 180 * scale
    assert (face.square.angle - degrees - 4 + 180) % 360 - 180 == pytest.approx(
        0, abs=6
    )  # she tilts her head
    assert face.box[0] < points[:, 0].min() < points[:, 0].max() < face.box[2]


def test_many_faces_and_a_dark_one(detector):
    photos = [scene(0.5, degrees, 160)[0] for degrees in (0, 20, 0, -20, 0, 10)]
    photos[2] = photos[2] // 6
    photo = np.vstack([np.hstack(photos[:3]), np.hstack(photos[3:])])
    faces = faces_of(detector, photo)
    assert [face.number for face in faces] == [1, 2, 3, 4, 5, 6]
    cells = {(int(face.square.centre[0] // 160), int(face.square.centre[1] // 160)) for face in faces}
    assert len(cells) == 6


def test_no_face(detector):
    assert faces_of(detector, coffee()) == []
    assert faces_of(detector, np.zeros((3, 5, 3), np.uint8)) == []


@pytest.mark.parametrize('answer', [None, ([[0, 0, 1]], [np.zeros((5, 2))]), ([[0, 0, 1, 1]], [[0, 0]])])
def test_a_detector_that_gives_something_else(answer):
    with pytest.raises(UserError, match='a detector returns boxes'):
        faces_of(lambda photo: answer, np.zeros((9, 9, 3), np.uint8))


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(centerface_network, 'PACKAGE', 'no-such-package')
    with pytest.raises(UserError, match='pip install no-such-package; or parse photos as one face'):
        CenterFace()


@pytest.mark.parametrize('turns', range(4))
def test_a_portrait_is_one_however_it_lies(detector, turns):
    """One that is cut as CelebA-HQ cuts is recognised, with the quarter turns that make it upright."""
    portrait = np.ascontiguousarray(np.rot90(astronaut()[33:213, 134:314], -turns))
    [face] = faces_of(detector, portrait)
    assert face.square.portrait_turns(portrait.shape) == turns
