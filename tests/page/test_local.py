"""The scripts that parse photos in browsers, in Node: they give what Python gives."""

import json
import shutil
import subprocess
from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from mmseg_facenext.inference import shown_photo
from mmseg_facenext.inference.detection import FaceSquare, centerface, centerface_network, face_square
from mmseg_facenext.inference.results import canvas, face_parsing, islands, soft_edges, view
from mmseg_facenext.inference.results.face_parsing import FaceParsing
from mmseg_facenext.inference.results.islands import least_shares, without_islands
from mmseg_facenext.inference.results.outlines import coco_annotations
from mmseg_facenext.inference.results.view import View, paste
from mmseg_facenext.page import FILES
from mmseg_facenext.taxonomy import get_label_space

pytestmark = pytest.mark.skipif(not shutil.which('node'), reason='needs Node.js')
SPACE = get_label_space('celebamask_hq')


@pytest.fixture(scope='module')
def node(tmp_path_factory):
    """Run a script that has `given`, and gives what it returns."""
    folder = tmp_path_factory.mktemp('node')
    shutil.copytree(FILES / 'local', folder / 'local')
    (folder / 'package.json').write_text('{"type": "module"}')

    def run(script, **given):
        (folder / 'given.json').write_text(json.dumps(given))
        (folder / 'script.js').write_text(
            "import {readFileSync} from 'node:fs';\n"
            "const given = JSON.parse(readFileSync('given.json'));\n"
            'const plain = (key, value) => (ArrayBuffer.isView(value) ? [...value] : value);\n'
            f'{script}\nconsole.log(JSON.stringify(result, plain));\n'
        )
        done = subprocess.run(['node', 'script.js'], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def picture(photo):
    return {'width': photo.shape[1], 'height': photo.shape[0], 'pixels': photo.ravel().tolist()}


def square_of(square):
    return [list(square.centre), square.side, square.angle]


def smooth(seed, shape):
    """Logits with large regions and small islands."""
    noise = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return np.stack([cv2.GaussianBlur(plane, (0, 0), 2) * 20 for plane in noise])


SQUARES = [
    FaceSquare((80.3, 60.1), 70.7, 0.0),
    FaceSquare((80.0, 60.0), 200.0, 33.0),
    FaceSquare((20.0, 90.0), 31.0, -170.0),
    FaceSquare((100.0, 60.0), 110.0, 90.0),
]


@pytest.mark.parametrize(
    ('script', 'modules'),
    [
        ('detection/detector', [centerface]),
        ('detection/centerface', [centerface_network]),
        ('detection/face_square', [face_square]),
        ('parser', [shown_photo]),
        ('results/canvas', [canvas]),
        ('results/islands', [islands]),
        ('results/mattes', [face_parsing, soft_edges]),
        ('results/views', [view]),
    ],
)
def test_numbers_are_those_of_python(node, script, modules):
    """One that is changed on one side is noticed here."""
    numbers = node(
        r"""const statements = given.text.match(/^const [A-Z_]+ = [^]*?;/gm).join('\n');
        const names = statements.match(/\b[A-Z_]+(?= = )/g);
        const values = new Function(`${statements} return [${names}]`)();
        const result = names.map((name, i) => [name, values[i] instanceof Set ? [...values[i]] : values[i]]);""",
        text=(FILES / f'local/{script}.js').read_text(),
    )
    compared = 0
    for name, value in numbers:
        for own in [getattr(each, name) for each in modules if hasattr(each, name)]:
            if isinstance(own, frozenset):
                assert set(value) == own, name
            else:
                assert flat(value) == pytest.approx(flat(own)), name
            compared += 1
    assert compared


def flat(value):
    return [each for part in value for each in flat(part)] if isinstance(value, Iterable) else [value]


@pytest.mark.parametrize('size', [None, 40, 160])
def test_squares_are_cut_as_in_python(node, size):
    photo = astronaut()[60:180, 150:310].copy()
    cuts = node(
        """import {FaceSquare} from './local/detection/face_square.js';
        const photo = {...given.photo, pixels: Uint8Array.from(given.photo.pixels)};
        const result = given.squares.map((each) => new FaceSquare(...each).cut(photo, given.size ?? undefined));""",
        photo=picture(photo), squares=[square_of(each) for each in SQUARES], size=size,
    )  # fmt: skip
    for square, cut in zip(SQUARES, cuts, strict=True):
        expected = square.cut(photo, size).astype(int)
        given = np.array(cut['pixels']).reshape(expected.shape)
        assert abs(given - expected).mean() < 0.5
        assert np.quantile(abs(given - expected), 0.999) <= 3


@pytest.mark.parametrize(('width', 'height'), [(256, 199), (97, 60), (160, 120)])
def test_photos_are_resized_as_in_python(node, width, height):
    photo = astronaut()[60:180, 150:310].copy()
    mixed, reduced = node(
        """import {mixed, reduced} from './local/pixels/pictures.js';
        const photo = {...given.photo, pixels: Uint8Array.from(given.photo.pixels)};
        const result = [mixed(photo, ...given.size).pixels, reduced(photo, ...given.size).pixels];""",
        photo=picture(photo), size=(width, height),
    )  # fmt: skip
    expected = cv2.resize(photo, (width, height), interpolation=cv2.INTER_LINEAR).astype(int)
    away = abs(np.array(mixed).reshape(expected.shape) - expected)
    assert away.max() <= 1
    assert away.mean() < 0.01
    if width <= 160:
        expected = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA).astype(int)
        assert abs(np.array(reduced).reshape(expected.shape) - expected).max() <= 1


def test_islands_are_dropped_as_in_python(node):
    logits = smooth(0, (19, 60, 80))
    for title in (
        'hat',
        'nose',
        'eyeglasses',
    ):  # which are there at last with so few pixels that they are given up
        logits[SPACE.titles.index(title)] -= 3
    given = node(
        """import {dropIslands} from './local/results/islands.js';
        const answer = {logits: Float32Array.from(given.logits), count: 19, width: 80, height: 60};
        dropIslands(answer, given.titles);
        const result = answer.logits;""",
        logits=logits.ravel().tolist(), titles=SPACE.titles,
    )  # fmt: skip
    expected = without_islands(logits, SPACE)
    assert (expected != logits).any()
    np.testing.assert_allclose(np.array(given).reshape(logits.shape), expected, rtol=1e-6)


def test_views_become_labels_and_mattes_as_in_python(node):
    """Two faces that overlap, one of them turned, each with what lies around it."""
    photo = astronaut()[:240, :300].copy()
    squares = [FaceSquare((110.0, 100.0), 90.0, 0.0), FaceSquare((180.0, 120.0), 70.0, 25.0)]
    answers = [smooth(seed, (19, 32, 32)) for seed in range(4)]
    for answer in answers:
        answer[0, :4] += 6
    views = []
    for place, square in enumerate(squares):
        around = View.of(answers[2 * place + 1], square.scaled(2), photo.shape)
        own = View.of(answers[2 * place], square, photo.shape)
        views.append(View(own.logits, own.matrix, square, around))
    labels, source = paste(views, photo.shape, 0, least_shares(SPACE))
    expected = FaceParsing(photo, labels, SPACE, None, (), tuple(views), source)
    given = node(
        """import {FaceSquare} from './local/detection/face_square.js';
        import {leastShares} from './local/results/islands.js';
        import {mattes} from './local/results/mattes.js';
        import {pasted, View} from './local/results/views.js';
        const photo = {...given.photo, pixels: Uint8Array.from(given.photo.pixels)};
        const answers = given.answers.map((logits) => (
          {logits: Float32Array.from(logits), count: 19, width: 32, height: 32}));
        const views = given.squares.map((each, i) => {
          const square = new FaceSquare(...each), wide = square.scaled(2);
          return new View(answers[2 * i], square, photo, new View(answers[2 * i + 1], wide, photo));
        });
        const {labels, source} = pasted(views, photo, 0, leastShares(given.titles));
        const result = {labels, source, mattes: mattes(photo, views, source, [[13], [11, 12], [0]], 0)};""",
        photo=picture(photo), squares=[square_of(each) for each in squares],
        answers=[answer.ravel().tolist() for answer in answers], titles=SPACE.titles,
    )  # fmt: skip
    assert len(np.unique(labels)) > 10
    assert (np.array(given['labels']).reshape(labels.shape) == labels).mean() > 0.995
    same = np.array(given['source']).reshape(labels.shape) == source
    assert same.mean() > 0.995
    # OpenCV's squares are one pixel larger at some of their edges; mattes look at their surroundings.
    same = cv2.erode(same.astype(np.uint8), np.ones((9, 9))) > 0
    assert same.mean() > 0.9
    for matte, names in zip(given['mattes'], [('hair',), ('u_lip', 'l_lip'), ('background',)], strict=True):
        away = abs(np.array(matte).reshape(labels.shape) - 255 * expected.matte(*names))
        assert np.quantile(away[same], 0.999) < 3


def test_polygons_are_the_parts(node):
    """Decoded by COCO's own tools, annotations are the masks again, with and without holes."""
    mask_of = pytest.importorskip('pycocotools.mask')
    height, width = 40, 50
    labels = smooth(3, (5, height, width)).argmax(0).astype(np.uint8)
    labels[3:9, 3:9] = 1
    labels[5:7, 5:7] = 2  # a hole
    labels[20:24, 20:24] = np.tile([[3, 4], [4, 3]], (2, 2))  # corners that touch
    numbers = np.where(labels == 0, 0, 1 + (np.arange(width) > 25)).astype(np.uint8)
    given = node(
        """import {coco} from './local/results/outlines.js';
        const classes = given.titles.map((name, id) => ({id, name}));
        const result = coco(given.labels, given.numbers, 50, 40, classes, 0, '');""",
        labels=labels.ravel().tolist(), numbers=numbers.ravel().tolist(), titles=SPACE.titles,
    )  # fmt: skip
    expected = coco_annotations(labels, numbers, SPACE, 0, None, 1)
    keys = ('id', 'image_id', 'category_id', 'face', 'bbox', 'area')
    for one, other in zip(given['annotations'], expected['annotations'], strict=True):
        assert [one[key] for key in keys] == [other[key] for key in keys]
        packed = mask_of.frPyObjects(one['segmentation'], height, width)
        decoded = mask_of.decode(packed if isinstance(packed, dict) else mask_of.merge(packed)) > 0
        np.testing.assert_array_equal(decoded, (labels == one['category_id']) & (numbers == one['face']))
    assert {each['iscrowd'] for each in given['annotations']} == {0, 1}
    assert given['images'] == expected['images']
    assert len(given['categories']) == len(expected['categories'])
