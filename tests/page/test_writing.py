"""The folder, without a browser."""

import cv2
import numpy as np
import pytest

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference.detection.centerface_network import weights_file
from mmseg_facenext.page.networks import write_centerface, write_network
from mmseg_facenext.page.writing import write_page


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
