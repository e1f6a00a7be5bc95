"""What drawn faces are like: their place in the picture, sides, and labels of things that are easily confused."""

import numpy as np
import pytest

from mmseg_facenext.synthetic.drawing import Part, draw_portrait
from mmseg_facenext.synthetic.drawing.painting.canvas import Canvas
from mmseg_facenext.synthetic.drawing.scene.framing import Framing
from mmseg_facenext.synthetic.faces import face_rng

PAIRS = [(Part.L_EYE, Part.R_EYE), (Part.L_BROW, Part.R_BROW), (Part.L_EAR, Part.R_EAR)]


@pytest.fixture(scope='module')
def labels():
    return [draw_portrait(face_rng(11, n), 96)[1] for n in range(40)]


@pytest.mark.parametrize('roll', [0.0, 0.5])
def test_an_aligned_crop_is_four_eye_distances_wide(roll):
    """CelebA-HQ: side = 4 times the distance of the eyes, centre a tenth of the way down to the mouth."""
    turn = np.array([(np.cos(roll), -np.sin(roll)), (np.sin(roll), np.cos(roll))])
    eyes, mouth = np.array([(-1.0, 0), (1, 0)]) @ turn.T + 5, turn @ (0, 2.0) + 5
    centre, scale, back = Framing().place(eyes, mouth)
    assert scale == pytest.approx(1 / 8)
    assert back == pytest.approx(-roll)
    turned = np.array([(np.cos(back), -np.sin(back)), (np.sin(back), np.cos(back))])
    np.testing.assert_allclose(turned @ eyes[0] * scale + centre, (0.375, 0.475), atol=1e-9)
    np.testing.assert_allclose(turned @ mouth * scale + centre, (0.5, 0.725), atol=1e-9)


def test_most_faces_lie_as_in_celebamask_hq(labels):
    """Measured there: noses lie around (0.5, 0.57), and half of a picture is skin and hair."""
    noses = np.array([np.argwhere(found == Part.NOSE).mean(0) / 96 for found in labels])
    assert np.median(np.abs(noses - (0.57, 0.5)), axis=0).max() < 0.06
    share = [np.isin(found, (Part.SKIN, Part.HAIR)).mean() for found in labels]
    assert 0.35 < np.median(share) < 0.65


@pytest.mark.parametrize(('left', 'right'), PAIRS)
def test_pairs_are_on_the_subjects_sides(labels, left, right):
    both = 0
    for found in labels:
        columns = [np.nonzero(found == part)[1] for part in (left, right)]
        if all(len(column) for column in columns):
            both += 1
            assert columns[0].mean() > columns[1].mean()
    assert both >= 8


def test_parts_lie_where_anatomy_has_them(labels):
    for found in labels:
        rows = {part: np.nonzero(found == part)[0] for part in Part}
        middle = {part: row.mean() for part, row in rows.items() if len(row) > 3}
        order = [part for part in (Part.NOSE, Part.U_LIP, Part.L_LIP) if part in middle]
        assert [middle[part] for part in order] == sorted(middle[part] for part in order)


def test_clothes_are_in_most_pictures(labels):
    assert np.mean([(found == Part.CLOTH).mean() > 0.01 for found in labels]) > 0.6


def test_labels_are_whole_numbers_of_the_nineteen_classes(labels):
    assert set(np.unique(labels)) == set(range(19))


def test_paint_covers_colours_and_labels_what_it_should():
    canvas = Canvas(10)
    left = np.array([(0, 0), (0.5, 0), (0.5, 1), (0, 1)])
    canvas.paint(left, (1, 0.5, 0), Part.HAT)
    canvas.tint(left, (0.5, 1, 1), clip=np.array([(0, 0), (1, 0), (1, 0.5), (0, 0.5)]))
    np.testing.assert_allclose(canvas.image[2, 2], (0.5, 0.5, 0), atol=0.01)
    np.testing.assert_allclose(canvas.image[8, 2], (1, 0.5, 0), atol=0.01)
    assert canvas.image[:, 6:].max() < 0.03
    assert (canvas.labels[:, :5] == Part.HAT).all()
    assert not canvas.labels[:, 6:].any()


def test_what_was_saved_comes_back():
    canvas = Canvas(10)
    whole = np.array([(0.0, 0), (1, 0), (1, 1), (0, 1)])
    canvas.paint(whole, (0, 0, 1), Part.NECK)
    saved = canvas.save(whole * (0.5, 1))
    canvas.paint(whole, (1, 0, 0), Part.CLOTH)
    canvas.restore(saved)
    np.testing.assert_allclose(canvas.image[5, 2], (0, 0, 1), atol=0.01)
    np.testing.assert_allclose(canvas.image[5, 7], (1, 0, 0), atol=0.01)
    assert canvas.labels[5, 2] == Part.NECK
    assert canvas.labels[5, 7] == Part.CLOTH


def test_two_people_side_by_side_do_not_change_places():
    near, far = Framing(0.5, (0.0, 0.0)).beside(np.random.default_rng(0))
    assert abs(near.shift[0] - far.shift[0]) > 0.5 / 3.6 * 2  # heads are two half widths wide
    assert np.sign(near.shift[0]) != np.sign(far.shift[0])
    assert far.zoom < 0.56


def test_a_soft_stroke_clipped_by_what_is_outside_paints_nothing():
    canvas = Canvas(64)
    whole = np.array([(0.0, 0), (1, 0), (1, 1), (0, 1)])
    canvas.paint(whole, (1, 1, 1))
    canvas.tint(whole, (0.0, 0, 0), soften=0.1, clip=whole + (1.01, 0))
    assert canvas.image.min() == 1


def test_a_small_ellipse_is_labelled_as_large_as_it_is():
    canvas, angle = Canvas(128), np.linspace(0, 2 * np.pi, 60, endpoint=False)
    canvas.paint(0.5 + np.stack([8 * np.cos(angle), 3 * np.sin(angle)], 1) / 128, (1, 1, 1), Part.L_EYE)
    assert (canvas.labels == Part.L_EYE).sum() == pytest.approx(np.pi * 8 * 3, rel=0.1)
