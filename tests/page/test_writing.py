"""The folder, without a browser."""

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.detection.centerface_network import weights_file
from mmseg_facenext.page import networks, writing
from mmseg_facenext.page.networks import write_centerface, write_network
from mmseg_facenext.page.runtime import FILES
from mmseg_facenext.page.writing import write_page
from mmseg_facenext.runtimes import Metadata, ResizeRule
from mmseg_facenext.taxonomy import get_label_space


def test_centerface_of_any_size_is_that_of_opencv(tmp_path):
    onnxruntime = pytest.importorskip('onnxruntime')
    names = write_centerface(tmp_path / 'centerface.onnx')
    session = onnxruntime.InferenceSession(str(tmp_path / 'centerface.onnx'))
    network = cv2.dnn.readNetFromONNX(str(weights_file()))
    for height, width in ((64, 96), (128, 32)):
        picture = np.random.default_rng(0).integers(0, 256, (1, 3, height, width)).astype(np.float32)
        network.setInput(picture)
        given = session.run(names, {session.get_inputs()[0].name: picture})
        for output, expected in zip(given, network.forward(names), strict=True):
            np.testing.assert_allclose(output, expected, atol=2e-3 * max(1, abs(expected).max()))


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / 'diary.txt').write_text('mine')
    with pytest.raises(UserError, match='not empty and holds no page'):
        write_page(tmp_path)
    with pytest.raises(UserError, match='is a file'):
        write_page(tmp_path / 'diary.txt')
    assert [file.name for file in tmp_path.iterdir()] == ['diary.txt']


def test_models_that_browsers_do_not_run(tmp_path):
    with pytest.raises(UserError, match='needs a checkpoint'):
        write_network('mine.py', None, tmp_path / '1.onnx')
    (tmp_path / 'face.xml').write_text('')
    with pytest.raises(UserError, match=r'browsers run \.onnx files'):
        write_network(tmp_path / 'face.xml', None, tmp_path / '1.onnx')


@pytest.mark.parametrize(
    ('rule', 'said'),
    [
        (ResizeRule((64, 64), False, 'pillow-bicubic'), 'by pillow-bicubic; the page'),
        (ResizeRule((64, 64), True), 'keeps their proportions; the page'),
    ],
)
def test_networks_that_see_photos_otherwise(tmp_path, monkeypatch, rule, said):
    metadata = Metadata('1', get_label_space('lapa'), rule, (0.0,) * 3, (1.0,) * 3)
    monkeypatch.setattr(networks, 'load_runtime', lambda _: SimpleNamespace(metadata=metadata))
    with pytest.raises(UserError, match=f'{said}.*--shape'):
        write_network('face.onnx', None, tmp_path / '1.onnx')


def test_an_exported_file_is_taken_as_it_is(tmp_path, monkeypatch):
    space = get_label_space('helen')
    metadata = Metadata('1', space, ResizeRule((64, 48)), (0.0,) * 3, (1.0,) * 3)
    monkeypatch.setattr(networks, 'load_runtime', lambda _: SimpleNamespace(metadata=metadata))
    (tmp_path / 'face.onnx').write_bytes(b'a network')
    said = json.loads(json.dumps(write_network(tmp_path / 'face.onnx', None, tmp_path / '1.onnx')))
    assert (tmp_path / '1.onnx').read_bytes() == b'a network'
    assert said['size'] == [64, 48]
    assert said['finds_faces']
    assert not said['drops_islands']
    assert [each['title'] for each in said['classes']] == list(space.titles)


def test_a_page_is_written_again_and_other_files_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, 'write_centerface', lambda file: file.write_bytes(b'faces') and [])
    contents = iter([b'first', b'second'])
    monkeypatch.setattr(writing, 'write_network', lambda *given: given[-1].write_bytes(next(contents)) and {})
    (tmp_path / 'runtime').mkdir()
    for name in FILES:
        (tmp_path / 'runtime' / name).write_text('')
    files = []
    for _ in range(2):
        folder = write_page(tmp_path / 'site', {'mine': ('a', 'b')}, tmp_path / 'runtime')
        (folder / 'CNAME').write_text('faces.example')
        [model] = json.loads((folder / 'models.json').read_text())['models']
        files.append(model['file'])
        assert {file.name for file in (folder / 'networks').iterdir()} == {
            'centerface.onnx',
            Path(model['file']).name,
        }
    assert files[0] != files[1]
    assert (folder / files[1]).read_bytes() == b'second'
    assert (folder / 'CNAME').read_text() == 'faces.example'
    assert 'data-asks="browser"' in (folder / 'index.html').read_text()
    assert not (folder / 'page/server.js').exists()
    with pytest.raises(StopIteration):  # what fails leaves the page as it was
        write_page(folder, {'mine': ('a', 'b')}, tmp_path / 'runtime')
    assert (folder / files[1]).read_bytes() == b'second'
    assert {file.name for file in tmp_path.iterdir()} == {'runtime', 'site'}
