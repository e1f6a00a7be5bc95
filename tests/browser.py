"""Chromium without a screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = (
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--window-size=1280,900',
)


@contextmanager
def chromium(folder: Path) -> Iterator[webdriver.Chrome]:
    """Debian's Chromium, which puts downloads into `folder`."""
    options = webdriver.ChromeOptions()
    options.binary_location = '/usr/bin/chromium'
    for flag in (*FLAGS, f'--user-data-dir={folder / "profile"}'):
        options.add_argument(flag)
    options.add_experimental_option('prefs', {'download.default_directory': str(folder)})
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(options, Service('/usr/bin/chromedriver'))
    try:
        yield driver
    finally:
        driver.quit()
