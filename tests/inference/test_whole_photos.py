"""Faces anywhere in a photo. The photos are coloured label maps, and the network reads the labels off the colours.

So what the parser must return is known for every pixel, and a detector that knows where the faces are is given to it.
"""

import cv2
import numpy as np
import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.detection import FaceSquare
from mmseg_facenext.inference.shown_photo import show_photo
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

PALETTE = np.array(CELEBAMASK_HQ.palette, np.float32)
# In a cut of CelebA-HQ 256 pixels wide; `FaceSquare.of_points` makes the whole cut of them again.
SPAN = 256 / 3.6
TOP = 128 - 0.1 * SPAN
POINTS = np.array([(98, TOP), (158, TOP), (128, TOP + 40), (105, TOP + SPAN), (151, TOP + SPAN)])


class ColourReader:
    """A network for which the logits of a class are how near the colour is to that of the class."""

    label_space = CELEBAMASK_HQ
    model = None
    needs_landmarks = False
    usual_batch = 8

    def __init__(self):
        self.batches = []

    def resize(self, photo):
        return cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA)

    def logits(self, inputs, landmarks=None):
        self.batches.append(len(inputs))
        assert landmarks is None
        distance = [
            ((each[None].astype(np.float32) - PALETTE[:, None, None]) ** 2).sum(-1) for each in inputs
        ]
        return [-each / 1000 for each in distance]

    def labels(self, logits, size):
        return cv2.resize(logits.argmax(0).astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST)

    def array(self, logits):
        return logits


@pytest.fixture(scope='module')
def labels():
    """Of a face of ellipses, uint8 (256, 256); its left and right differ."""
    labels = np.zeros((256, 256), np.uint8)
    for name, centre, axes in (
        ('cloth', (128, 225), (80, 22)),
        ('hair', (120, 110), (85, 92)),
        ('skin', (128, 130), (55, 75)),
        ('r_eye', (100, 120), (12, 7)),
        ('l_eye', (156, 120), (12, 7)),
        ('nose', (128, 145), (11, 18)),
        ('u_lip', (128, 182), (24, 8)),
    ):
        cv2.ellipse(labels, centre, axes, 0, 0, 360, CELEBAMASK_HQ.index(name), -1)
    return labels


def parser_with(places):
    """A parser and the detector that finds faces at these `FaceSquare`s."""
    points = [square.to_photo(POINTS, 256) for square in places]
    boxes = [np.concatenate([each.min(0), each.max(0)]) for each in points]
    parser = FaceParser.__new__(FaceParser)
    parser.network, parser.label_space, parser.model = ColourReader(), CELEBAMASK_HQ, None
    parser._detector = lambda photo: (np.array(boxes).reshape(-1, 4), np.array(points).reshape(-1, 5, 2))
    parser._islands = True
    return parser


def scene(labels, places, size=(600, 800)):
    """The true label map of a photo with the face at each place, later ones over earlier ones."""
    truth = np.zeros(size, np.uint8)
    for square in places:
        matrix = square.matrix(256)
        matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
        face = cv2.warpAffine(labels, matrix, size[::-1], flags=cv2.INTER_NEAREST)
        truth[face > 0] = face[face > 0]
    return truth


def iou(found, truth):
    """Mean over the classes of the truth with at least 150 pixels: at borders, mixed colours are other classes."""
    large = [label for label in np.unique(truth) if (truth == label).sum() >= 150]
    assert len(large) > 3
    return np.mean(
        [
            ((found == label) & (truth == label)).sum() / ((found == label) | (truth == label)).sum()
            for label in large
        ]
    )


@pytest.mark.parametrize(
    'place',
    [
        FaceSquare((400, 300), 256),
        FaceSquare((200, 320), 120),
        FaceSquare((410, 310), 500),
        FaceSquare((400, 300), 256, 90),
        FaceSquare((400, 300), 300, 180),
        FaceSquare((300, 280), 256, -37),
    ],
)
def test_labels_lie_where_the_face_is(labels, place):
    truth = scene(labels, [place])
    face = parser_with([place])(coloured(truth))
    assert face.labels.shape == truth.shape
    assert iou(face.labels, truth) > 0.9
    assert (face.labels == truth).mean() > 0.99
    assert face.faces[0].square.side == pytest.approx(place.side, rel=1e-3)
    np.testing.assert_array_equal(face.numbers > 0, face.labels > 0)


def coloured(truth):
    return PALETTE[truth].astype(np.uint8)


def test_each_face_has_a_number_and_its_own_masks(labels):
    places = [FaceSquare((550, 300), 300), FaceSquare((180, 250), 220, 20), FaceSquare((300, 500), 90)]
    truth = scene(labels, places)
    parser = parser_with(places)
    face = parser(coloured(truth))
    assert iou(face.labels, truth) > 0.9
    assert [each.number for each in face.faces] == [1, 2, 3]
    for number, place in enumerate(places, start=1):
        own = scene(labels, [place]) > 0
        mask = face.mask(face=number)
        assert (mask & own).sum() / (mask | own).sum() > 0.95
        assert (face.mask('hair', face=number) == (face.mask('hair') & mask)).all()
    with pytest.raises(UserError, match='no face 4'):
        face.mask(face=4)


def test_a_pixel_of_two_faces_belongs_to_the_nearer_one(labels):
    """Both squares show both faces; what each sees of the other is the same, so only the numbers can be wrong."""
    places = [FaceSquare((280, 300), 256), FaceSquare((480, 300), 256)]
    face = parser_with(places)(coloured(scene(labels, places)))
    numbers = face.numbers
    assert (numbers[:, :380] == 1).sum() > 15_000 < (numbers[:, 380:] == 2).sum()
    assert (numbers[:, :380] == 2).sum() + (numbers[:, 380:] == 1).sum() < 300


def test_a_face_that_the_border_cuts(labels):
    place = FaceSquare((60, 560), 256)
    truth = scene(labels, [place])
    assert iou(parser_with([place])(coloured(truth)).labels, truth) > 0.9


def test_a_class_of_a_few_pixels_gives_way_to_the_next_best(labels):
    place = FaceSquare((400, 300), 256)
    truth = scene(labels, [place])
    truth[200:203, 350:353] = CELEBAMASK_HQ.index('ear_r')  # in the hair; 9 pixels, a 7000th of the square
    parser = parser_with([place])
    assert parser(coloured(truth)).mask('ear_r').any()
    shown = show_photo(None, coloured(truth), parser.network, parser.detector)
    for picture, answer in zip(
        shown.pictures, parser.network.logits([p.pixels for p in shown.pictures]), strict=True
    ):
        picture.answer = answer
    cleaned = shown.parsing(parser.network, least=1 / 4000).labels
    assert not (cleaned == CELEBAMASK_HQ.index('ear_r')).any()
    assert (cleaned == truth).mean() > 0.99


def test_no_face_is_background(labels):
    photo = coloured(labels)
    parser = parser_with([])
    face = parser(photo)
    assert face.faces == ()
    assert not face.labels.any()
    assert not face.matte('hair').any()
    assert 'no face found' in repr(face)
    assert (parser(photo, detect=False).labels == labels).mean() > 0.99


def test_a_portrait_is_parsed_whole_even_if_it_lies_on_its_side(labels):
    """The square of the detector is 10 % off; the answer is that of the whole photo all the same."""
    for turns, angle in ((0, 0), (1, -90), (2, 180), (3, 90)):
        photo = np.ascontiguousarray(np.rot90(coloured(labels), turns))
        face = parser_with([FaceSquare((128, 120), 230, angle)])(photo)
        assert face.source is None
        assert (face.labels == np.rot90(labels, turns)).mean() > 0.995


def test_faces_of_several_photos_share_batches(labels):
    places = [FaceSquare((180, 250), 220), FaceSquare((550, 300), 300)]
    parser = parser_with(places)
    photo = coloured(scene(labels, places))
    results = list(parser.parse_many([photo] * 3, batch_size=8))
    assert parser.network.batches == [8, 4]  # two squares for each of six faces
    for result in results:
        np.testing.assert_array_equal(result.labels, results[0].labels)


def test_probabilities_and_mattes_agree_with_the_labels(labels):
    places = [FaceSquare((180, 250), 220, 20), FaceSquare((550, 300), 300)]
    face = parser_with(places)(coloured(scene(labels, places)))
    probabilities = face.probabilities
    np.testing.assert_allclose(probabilities.sum(0), 1, atol=1e-3)
    assert (probabilities.argmax(0) == face.labels).mean() > 0.999
    hair = probabilities[CELEBAMASK_HQ.index('hair')]
    np.testing.assert_allclose(face.matte('hair', follow_photo=False), hair, atol=1e-6)
    assert face.matte('hair', face=1)[:, :300].max() < 0.01
    assert face.matte('background')[0, 0] == 1


def test_a_crop_is_the_upright_face(labels):
    place = FaceSquare((400, 300), 256, 150)
    face = parser_with([place])(coloured(scene(labels, [place])))
    crop = face.crop(1)
    assert crop.labels.shape == (256, 256)
    assert (crop.labels == labels).mean() > 0.97
    assert face.crop(1, size=100).labels.shape == (100, 100)
