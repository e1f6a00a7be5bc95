import numpy as np
import pytest

from mmseg_facenext.inference.detection import FaceSquare, faces_of, turned_points

# Of an upright face, 100 wide at the eyes and 120 from eyes to mouth: x to the right, y down.
POINTS = np.array([(450, 400), (550, 400), (500, 460), (460, 520), (540, 520)], np.float32)


def turned(points, degrees, about=(500, 500)):
    """Clockwise, as seen with y down."""
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return (points - about) @ matrix.T + about


def test_side_and_centre_are_those_of_celeba_hq():
    """By hand: 3.6 * 120 is more than 4 * 100; a tenth of the way from the eyes (500, 400) to the mouth (500, 520)."""
    square = FaceSquare.of_points(POINTS)
    assert square.side == pytest.approx(432)
    assert square.centre == pytest.approx((500, 412))
    assert square.angle == pytest.approx(0)
    wide = POINTS + [(-50, 0), (50, 0), (0, 0), (0, 0), (0, 0)]
    assert FaceSquare.of_points(wide).side == pytest.approx(800)


@pytest.mark.parametrize('degrees', [30, 90, 180, -90])
def test_the_square_turns_with_the_face(degrees):
    square, upright = FaceSquare.of_points(turned(POINTS, degrees)), FaceSquare.of_points(POINTS)
    assert (square.angle - degrees + 180) % 360 - 180 == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(square.corners, turned(upright.corners, degrees), atol=1e-2)


@pytest.mark.parametrize(('quarter', 'angle'), [(0, 0), (1, -90), (2, 180), (3, 90)])
def test_a_cut_shows_the_face_upright(quarter, angle):
    photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    upright = FaceSquare((40, 30), 40).cut(photo)
    np.testing.assert_array_equal(upright, photo[10:50, 20:60])
    view = np.ascontiguousarray(np.rot90(photo, quarter))  # anticlockwise
    x, y = [(40, 30), (30, 40), (40, 30), (30, 40)][quarter]
    np.testing.assert_array_equal(FaceSquare((x, y), 40, angle).cut(view), upright)


def test_what_lies_outside_the_photo_is_reflected():
    photo = np.arange(20 * 20 * 3, dtype=np.uint8).reshape(20, 20, 3)
    cut = FaceSquare((0, 10), 20).cut(photo)
    np.testing.assert_array_equal(cut[:, 10:], photo[:, :10])
    np.testing.assert_array_equal(cut[:, :10], photo[:, 9::-1])


@pytest.mark.parametrize(
    ('square', 'turns'),
    [
        (FaceSquare((250, 260), 500), 0),
        (FaceSquare((250, 250), 420, 8), 0),
        (FaceSquare((250, 250), 500, -91), 3),
        (FaceSquare((250, 250), 500, 178), 2),
        (FaceSquare((250, 250), 300), None),
        (FaceSquare((350, 250), 500), None),
        (FaceSquare((250, 250), 500, 40), None),
    ],
)
def test_which_photos_are_portraits_already(square, turns):
    found = square.portrait_turns((500, 512, 3))
    assert found == (None if turns is None else {0: 0, 3: 3, 2: 2}[turns])


def test_a_turned_photo_is_looked_at_upright():
    """The detector sees the same upright pixels, and its answer is turned back."""
    photo = np.zeros((300, 400, 3), np.uint8)
    photo[0, 0] = 255  # the corner that says how the photo is turned
    upright = np.array([[180, 100], [240, 100], [210, 130], [190, 160], [230, 160]], np.float32)
    seen = []

    def detector(given):
        seen.append(given)
        corners = [given[0, 0, 0], given[-1, 0, 0], given[-1, -1, 0], given[0, -1, 0]]
        points = turned_points(upright, int(np.argmax(corners)), photo.shape)
        return [[*points.min(0), *points.max(0)]], [points]

    (face,) = faces_of(detector, photo)
    np.testing.assert_array_equal(face.points, upright)
    for turns, expected in (
        (1, [(y, 400 - x) for x, y in upright]),
        (2, [(400 - x, 300 - y) for x, y in upright]),
        (3, [(300 - y, x) for x, y in upright]),
    ):
        (face,) = faces_of(detector, np.rot90(photo, turns))
        np.testing.assert_array_equal(seen[-1], photo)
        np.testing.assert_array_equal(face.points, expected)
        assert face.box == (*face.points.min(0), *face.points.max(0))
        assert round(face.square.angle) % 360 == 360 - 90 * turns
