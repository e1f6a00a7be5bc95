"""The folder in Debian's Chromium (apt install chromium chromium-driver): its labels, and that no photo leaves it."""

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from browser import chromium
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from skimage.data import astronaut

from mmseg_facenext.checkpoints.download import DownloadError
from mmseg_facenext.cli.facenext import main
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.page.runtime import runtime_files
from mmseg_facenext.serving.answers import describe
from mmseg_facenext.synthetic.drawing import draw_face

pytestmark = pytest.mark.slow


class Server(ThreadingHTTPServer):
    """Python's own, which sends files and knows nothing else; `asked` holds method and path of each request."""

    def __init__(self, folder):
        self.asked, self.folder = [], folder
        super().__init__(('127.0.0.1', 0), partial(Handler, directory=str(folder)))
        self.url = f'http://127.0.0.1:{self.server_port}/'
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class Handler(SimpleHTTPRequestHandler):
    def log_request(self, code='-', size='-'):
        self.server.asked.append((self.command, self.path, int(code)))

    def log_message(self, *_):
        pass


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    try:
        runtime_files()
    except DownloadError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp('page')
    main(['page', str(folder / 'site')])
    with Server(folder) as server:
        server.url += 'site/'
        yield server
        server.shutdown()


class Page:
    def __init__(self, driver, folder, url):
        self.driver, self.folder = driver, folder
        self.wait = WebDriverWait(driver, 120)
        driver.get(url)
        self.wait.until(lambda _: self.find('body').get_attribute('data-ready') or self.kind() == 'error')

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def said(self):
        return self.find('#message').text

    def kind(self):
        return self.find('#message').get_attribute('class')

    def choose(self, file):
        self.driver.execute_script("document.querySelector('#message').textContent = 'chosen'")
        self.find('#photo').send_keys(str(file))
        self.wait.until(lambda _: self.kind() != 'busy' and self.said() != 'chosen')

    def saved(self, button, name):
        self.find('figure').find_element(By.XPATH, f'.//button[text()="{button}"]').click()
        self.wait.until(lambda _: (self.folder / name).exists())
        return self.folder / name


def photos(folder):
    """Files: cut around one face, the same on its side by EXIF, anywhere in a photo, and that turned."""
    drawn = Image.fromarray(draw_face(np.random.default_rng(5), 512)[0])
    exif = Image.Exif()
    exif[0x0112] = 6
    pictures = {
        'aligned': (drawn, {}),
        'on_its_side': (drawn, {'exif': exif}),
        'whole': (Image.fromarray(astronaut()), {}),
        'turned': (Image.fromarray(np.rot90(astronaut()).copy()), {}),
        'two': (
            Image.fromarray(np.hstack([astronaut()[:400, 60:400], astronaut()[:400, :400:][:, ::-1]])),
            {},
        ),
    }
    for name, (picture, options) in pictures.items():
        picture.save(folder / f'{name}.png', **options)
    return [folder / f'{name}.png' for name in pictures]


def test_labels_are_those_of_python(site, tmp_path):
    parser = FaceParser(device='cpu')
    agreements = {}
    with chromium(tmp_path) as driver:
        page = Page(driver, tmp_path, site.url)
        for file in photos(tmp_path):
            page.choose(file)
            assert not page.said(), page.said()
            expected = parser(file)
            labels = np.asarray(Image.open(page.saved('Label map', f'{file.stem}_faces_labels.png')))
            said = json.loads(page.saved('JSON', f'{file.stem}_faces.json').read_text())
            assert labels.shape == expected.labels.shape
            wanted = describe('face_parser', expected, ['hair', 'lips'], True, False)  # as the server answers
            assert said.keys() == wanted.keys() - {'labels', 'mattes'}
            assert said['coco'].keys() == wanted['coco'].keys()
            assert [each['title'] for each in said['classes']] == [
                each['title'] for each in wanted['classes']
            ]
            assert len(said['faces']) == len(expected.faces)
            agreements[file.stem] = float((labels == expected.labels).mean())
            coloured = np.asarray(Image.open(page.saved('Picture', f'{file.stem}_faces.png')))[
                ..., :3
            ].astype(int)
            hair = (labels == expected.label_space.titles.index('hair')) & expected.mask('hair')
            wanted = (expected.image.astype(int) + expected.coloured()) / 2
            assert abs(coloured - wanted)[hair].max() <= 1
        severe = [each['message'] for each in driver.get_log('browser') if each['level'] == 'SEVERE']
    print(agreements)
    assert min(agreements[name] for name in ('aligned', 'on_its_side')) >= 0.99
    assert min(agreements.values()) >= 0.98
    assert not severe
    assert {method for method, _, _ in site.asked} == {'GET'}
    assert {code for _, path, code in site.asked if path != '/favicon.ico'} <= {200, 304}


def test_photos_cannot_leave(site, tmp_path):
    """Neither page nor worker reach another server, whatever their code would try: the browser refuses."""
    script = """
        const [other, done] = arguments;
        const said = (text) => new Promise((tell) => {
          const code = `fetch(${JSON.stringify(text)}).then(() => postMessage('sent'), () => postMessage('refused'))`;
          const worker = new Worker(URL.createObjectURL(new Blob([code], {type: 'text/javascript'})), {type: 'module'});
          worker.onmessage = ({data}) => tell(data);
        });
        const page = fetch(other).then(() => 'sent', () => 'refused');
        Promise.all([page, said(other), said(location.href)]).then(done)"""
    (tmp_path / 'other').mkdir()
    with Server(tmp_path / 'other') as other, chromium(tmp_path) as driver:
        Page(driver, tmp_path, site.url)
        assert driver.execute_async_script(script, other.url) == ['refused', 'refused', 'sent']
        other.shutdown()
        assert not other.asked


def test_what_cannot_be_parsed_is_told(site, tmp_path):
    (tmp_path / 'text.txt').write_text('hello')
    Image.new('1', (10_000, 6_000)).save(tmp_path / 'large.png')
    Image.new('RGB', (300, 200), 'white').save(tmp_path / 'empty.png')
    (tmp_path / 'cut.jpg').write_bytes(b'\xff\xd8\xff\xe0' + bytes(500))
    with chromium(tmp_path) as driver:
        page = Page(driver, tmp_path, site.url)
        for name, words in {
            'text.txt': 'no photo',
            'cut.jpg': 'no photo',
            'large.png': 'more than 50 megapixels',
            'empty.png': 'No face was found',
        }.items():
            page.choose(tmp_path / name)
            assert words in page.said()


def test_browsers_without_webassembly_are_told(site, tmp_path):
    with chromium(tmp_path) as driver:
        driver.execute_cdp_cmd(
            'Page.addScriptToEvaluateOnNewDocument', {'source': 'delete globalThis.WebAssembly'}
        )
        assert 'lacks WebAssembly' in Page(driver, tmp_path, site.url).said()


def test_a_folder_without_its_networks_says_so(site, tmp_path):
    folder, photo = tmp_path / 'site', tmp_path / 'white.png'
    shutil.copytree(site.folder / 'site', folder, ignore=shutil.ignore_patterns('networks'))
    Image.new('RGB', (300, 200), 'white').save(photo)
    with Server(folder) as server, chromium(tmp_path) as driver:
        page = Page(driver, tmp_path, server.url)
        page.choose(photo)
        assert 'networks/centerface.onnx is missing (404)' in page.said()
        (folder / 'models.json').unlink()
        assert 'models.json is missing (404)' in Page(driver, tmp_path, server.url).said()
        server.shutdown()


def test_opened_from_the_disk_the_page_says_what_it_needs(site, tmp_path):
    with chromium(tmp_path) as driver:
        driver.get((site.folder / 'site/index.html').as_uri())
        message = driver.find_element(By.CSS_SELECTOR, '#message')
        WebDriverWait(driver, 30).until(lambda _: 'needs a web server' in message.text)
