"""The page in Debian's Chromium (apt install chromium chromium-driver), on a drawn face."""

import json
import socket
import threading
import time

import numpy as np
import pytest
import uvicorn
from browser import chromium
from PIL import Image
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from mmseg_facenext.inference import FaceParser
from mmseg_facenext.serving import create_app
from mmseg_facenext.synthetic.drawing import draw_face

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def parser():
    return FaceParser(device='cpu')


@pytest.fixture(scope='module')
def address(parser):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    app = create_app({'face_parser': parser, 'again': parser})
    server = uvicorn.Server(uvicorn.Config(app, host='127.0.0.1', port=port, log_level='warning'))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f'http://127.0.0.1:{port}'
    server.should_exit = True
    thread.join()


def canvas(driver, number=0):
    """RGB uint8 (H, W, 3) as the page shows it."""
    script = """
        const canvas = document.querySelectorAll('canvas')[arguments[0]];
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return [canvas.width, canvas.height, Array.from(pixels)]"""
    width, height, values = driver.execute_script(script, number)
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3].astype(int)


def downloaded(folder, name, click):
    click()
    WebDriverWait(folder, 30).until(lambda _: (folder / name).exists())
    return folder / name


def test_a_photo_is_parsed_shown_recoloured_and_saved(address, parser, tmp_path):
    photo, _ = draw_face(np.random.default_rng(5), 256)
    file = tmp_path / 'drawn.png'
    Image.fromarray(photo).save(file)
    parsing = parser(photo)
    with chromium(tmp_path) as driver:
        find = lambda selector: driver.find_element(By.CSS_SELECTOR, selector)  # noqa: E731
        wait = WebDriverWait(driver, 60)
        driver.get(address)
        wait.until(lambda _: find('body').get_attribute('data-ready'))
        find('#photo').send_keys(str(file))
        wait.until(lambda _: driver.find_elements(By.CSS_SELECTOR, '#parts li[data-title=hair]'))
        time.sleep(0.5)  # the next frame shows them

        # Coloured as Python colours it, but for rounding; two models side by side.
        hair = parsing.mask('hair')
        expected = (photo.astype(int) + parsing.coloured()) / 2
        for number in (0, 1):
            shown = canvas(driver, number)
            assert abs(shown - expected)[~parsing.mask('background')].max() <= 1
            np.testing.assert_array_equal(
                shown[parsing.mask('background')], photo[parsing.mask('background')]
            )

        # The part under the pointer is named.
        row, column = np.argwhere(hair)[len(np.argwhere(hair)) // 2]
        picture = find('canvas')
        scale = picture.size['width'] / 256
        ActionChains(driver).move_to_element_with_offset(
            picture, int((column + 0.5 - 128) * scale), int((row + 0.5 - 128) * scale)
        ).perform()
        assert find('#tip').text == 'hair'
        ActionChains(driver).move_to_element(find('h1')).perform()

        # Switched off, hair is the photo's.
        find('#parts li[data-title=hair] input').click()
        ActionChains(driver).move_to_element(find('h1')).perform()
        time.sleep(0.5)
        np.testing.assert_array_equal(canvas(driver)[hair], photo[hair])

        # Recoloured, it is redder, and what is far from hair stays.
        find('[data-part=hair] input[type=checkbox]').click()
        time.sleep(0.5)
        shown = canvas(driver)
        redness = lambda pixels: (pixels[..., 0] - pixels[..., 2].astype(int))[hair].mean()  # noqa: E731
        assert redness(shown) > redness(photo.astype(int)) + 20
        far = (parsing.matte('hair') < 1 / 512) & parsing.mask('background')
        assert far.mean() > 0.1
        np.testing.assert_array_equal(shown[far], photo[far])

        def save(text):
            find('figure').find_element(By.XPATH, f'.//button[text()="{text}"]').click()

        # Saved, picture, ids and polygons are what is shown.
        saved = downloaded(tmp_path, 'drawn_face_parser_faces.png', lambda: save('Picture'))
        np.testing.assert_array_equal(np.asarray(Image.open(saved))[..., :3], shown)
        saved = downloaded(tmp_path, 'drawn_face_parser_faces_labels.png', lambda: save('Label map'))
        np.testing.assert_array_equal(np.asarray(Image.open(saved)), parsing.labels)
        saved = downloaded(tmp_path, 'drawn_face_parser_faces.json', lambda: save('JSON'))
        assert json.loads(saved.read_text())['coco'] == json.loads(json.dumps(parsing.to_coco()))

        # A text file is refused in words, and the page goes on.
        text = tmp_path / 'text.txt'
        text.write_text('hello')
        find('#photo').send_keys(str(text))
        wait.until(lambda _: 'no photo' in find('#message').text)
        severe = [each['message'] for each in driver.get_log('browser') if each['level'] == 'SEVERE']
        assert not [message for message in severe if 'status of 415' not in message]
