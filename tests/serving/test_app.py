"""The HTTP call, asked by a client in this process."""

import io
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from mmseg_facenext.cli.facenext import main
from mmseg_facenext.errors import UserError
from mmseg_facenext.serving import Limits, create_app


def client_of(parsers, **limits):
    return TestClient(create_app(parsers, Limits(**limits)))


@pytest.fixture(scope='module')
def client(parser):
    with client_of({'small': parser}, bytes=500_000, pixels=1_000_000) as client:
        yield client


def ids(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def png_of(data_url: str) -> bytes:
    import base64

    head, _, rest = data_url.partition(',')
    assert head == 'data:image/png;base64'
    return base64.b64decode(rest)


def test_labels_are_those_of_the_parser(client, parser, photos):
    expected = parser(photos[0])
    raw = client.post('/parse?output=labels', content=photos[0])
    form = client.post('/parse?output=labels', files={'photo': ('me.png', photos[0], 'image/png')})
    answer = client.post('/parse?polygons=true&photo=true&matte=hair', content=photos[0]).json()
    for content in (raw.content, form.content, png_of(answer['labels'])):
        np.testing.assert_array_equal(ids(content), expected.labels)
    np.testing.assert_array_equal(ids(png_of(answer['photo'])), expected.image)
    np.testing.assert_array_equal(
        ids(client.post('/parse?output=overlay', content=photos[0]).content), expected.overlay()
    )
    assert (answer['width'], answer['height']) == (40, 48)
    assert [each['title'] for each in answer['classes']] == list(expected.label_space.titles)
    assert {each['name']: each['share'] for each in answer['classes'] if each['share']} == expected.fractions
    coco = client.post('/parse?output=coco', content=photos[0]).json()
    assert coco == answer['coco'] == json.loads(json.dumps(expected.to_coco()))


def test_twenty_clients_get_their_own_labels(client, parser, photos):
    expected = [parser(photo).labels for photo in photos]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda photo: client.post('/parse?output=labels', content=photo), photos))
    for answer, labels in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(ids(answer.content), labels)


def grey_png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new('1', (width, height)).save(file, 'PNG')
    return file.getvalue()


@pytest.mark.parametrize(
    ('content', 'status', 'said'),
    [
        (b'hello, I am a text', 415, 'no photo'),
        (b'', 415, 'empty'),
        (b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n', 415, 'no photo'),
        (grey_png(10_000, 10_000), 413, '1 megapixels'),
        (grey_png(20_000, 20_000), 413, '1 megapixels'),
        (b'\xff\xd8\xff' + bytes(600_000), 413, '0.5 MB'),
        (grey_png(400, 300)[:-20], 422, 'damaged'),
    ],
    ids=['text', 'empty', 'postscript', '100-megapixels', 'bomb', 'bytes', 'cut'],
)
@pytest.mark.filterwarnings('ignore::PIL.Image.DecompressionBombWarning')
def test_hostile_uploads_are_told_why(client, content, status, said):
    for answer in (
        client.post('/parse', content=content),
        client.post('/parse', files={'photo': ('me.jpg', content, 'image/jpeg')}),
    ):
        assert answer.status_code == status
        sentence = answer.json()['detail']
        assert said in sentence
        assert '\n' not in sentence


def test_wrong_questions(client, photos):
    assert client.post('/parse?model=other', content=photos[0]).status_code == 404
    assert client.post('/parse?output=film', content=photos[0]).status_code == 422
    assert client.post('/parse', data={'a': 'b'}, files={}).status_code in (415, 422)
    assert client.get('/page/../app.py').status_code == 404


class Held:
    """A parser that waits until it is let go."""

    def __init__(self, parser):
        self.parser, self.go, self.running = parser, threading.Event(), threading.Semaphore(0)
        self.label_space = parser.label_space

    def __call__(self, photo, detect):
        self.running.release()
        assert self.go.wait(60)
        return self.parser(photo, detect=detect)


def test_a_full_queue_says_when_to_come_again(parser, photos):
    """One photo is parsed, two wait, the fourth is refused; later there is place again."""
    held = Held(parser)
    with client_of({'held': held}, queue=3, workers=1) as client, ThreadPoolExecutor(4) as pool:
        try:
            started = [pool.submit(client.post, '/parse?output=labels', content=photos[0])]
            assert held.running.acquire(timeout=60)
            started += [
                pool.submit(client.post, '/parse?output=labels', content=photo) for photo in photos[1:3]
            ]
            give_up = time.monotonic() + 60
            while client.app.state.queue.requests < 3:
                assert time.monotonic() < give_up
                time.sleep(0.01)
            refused = client.post('/parse', content=photos[3])
            assert refused.status_code == 503
            assert int(refused.headers['retry-after']) > 0
        finally:
            held.go.set()
        for answer, photo in zip(started, photos, strict=False):
            np.testing.assert_array_equal(ids(answer.result().content), parser(photo).labels)
        assert client.post('/parse', content=photos[3]).status_code == 200


def test_uploads_that_wait_do_not_fill_the_memory(parser):
    """Of two uploads that come at once, only one fits."""
    held = Held(parser)
    content = grey_png(64, 64)
    with (
        client_of({'held': held}, queue_bytes=int(1.5 * len(content))) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(client.post, '/parse', content=content)
        try:
            assert held.running.acquire(timeout=60)
            assert client.post('/parse', content=content).status_code == 503
        finally:
            held.go.set()
        assert first.result().status_code == 200
        assert client.post('/parse', content=content).status_code == 200


def test_two_models_answer_by_name(parser, photos):
    other = Held(parser)
    other.go.set()
    with client_of({'first': parser, 'second': other}) as client:
        assert [each['name'] for each in client.get('/models').json()['models']] == ['first', 'second']
        assert client.post('/parse', content=photos[0]).json()['model'] == 'first'
        assert client.post('/parse?model=second', content=photos[0]).json()['model'] == 'second'
        assert other.running.acquire(timeout=1)


def test_a_defect_is_no_secret(parser, photos):
    """Its message stays in the log, where the traceback is."""

    class Broken:
        label_space = parser.label_space

        def __call__(self, photo, detect):
            raise RuntimeError('a detail of this computer')

    with TestClient(create_app({'broken': Broken()}), raise_server_exceptions=False) as client:
        answer = client.post('/parse', content=photos[0])
    assert answer.status_code == 500
    assert 'log' in answer.json()['detail']
    assert 'detail of' not in answer.text


def test_a_taken_port_is_told_at_once():
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f'cannot listen at 127.0.0.1:{port} .*--port'):
            main(['serve', '--port', str(port)])


def test_pages_need_no_network(client):
    scripts = [f'/page/{name}.js' for name in ('page', 'server', 'drawing', 'docs')]
    for path in ('/', '/docs', '/page/page.css', *scripts):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers['content-security-policy']
        assert 'https://' not in answer.text
    assert '/parse' in client.get('/openapi.json').json()['paths']
