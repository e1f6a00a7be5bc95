"""ONNX Runtime Web, from a registry on this machine."""

import hashlib
import io
import tarfile

import pytest
from misbehaving_server import Answer, MisbehavingServer

from mmseg_facenext.errors import UserError
from mmseg_facenext.page import runtime

CONTENT = {name: f'content of {name}'.encode() for name in runtime.FILES}
PATH = f'/onnxruntime-web/-/onnxruntime-web-{runtime.VERSION}.tgz'


def archive() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode='w:gz') as content:
        for name, text in {**CONTENT, 'ort.min.js': b'not wanted'}.items():
            entry = tarfile.TarInfo(f'package/dist/{name}')
            entry.size = len(text)
            content.addfile(entry, io.BytesIO(text))
    return file.getvalue()


@pytest.fixture
def registry(monkeypatch, tmp_path):
    monkeypatch.setenv('FACENEXT_CACHE', str(tmp_path / 'cache'))
    monkeypatch.delenv('FACENEXT_OFFLINE', raising=False)
    with MisbehavingServer() as server:
        monkeypatch.setenv('npm_config_registry', f'{server.url}/')
        yield server


def test_files_come_from_the_registry_once(registry, monkeypatch):
    packed = archive()
    monkeypatch.setattr(runtime, 'SHA256', hashlib.sha256(packed).hexdigest())
    registry.answers[PATH] = Answer(packed)
    assert runtime.runtime_files() == CONTENT
    assert runtime.runtime_files() == CONTENT
    assert [path for path, _ in registry.asked] == [PATH]


def test_another_archive_is_refused(registry):
    registry.answers[PATH] = Answer(archive())
    with pytest.raises(UserError, match=r'another SHA-256 .*--runtime'):
        runtime.runtime_files()


def test_without_network_a_person_is_told_what_to_do(registry, monkeypatch):
    monkeypatch.setenv('npm_config_registry', 'http://127.0.0.1:9')
    with pytest.raises(UserError, match=r'no connection.*npm pack onnxruntime-web.*--runtime') as error:
        runtime.runtime_files()
    assert '\n' not in str(error.value)


def test_a_folder_takes_the_place_of_the_registry(registry, tmp_path):
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    assert runtime.runtime_files(tmp_path) == CONTENT
    (tmp_path / runtime.FILES[0]).unlink()
    with pytest.raises(UserError, match='expected the folder dist of onnxruntime-web'):
        runtime.runtime_files(tmp_path)
    assert not registry.asked
