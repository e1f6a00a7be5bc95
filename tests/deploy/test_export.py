import numpy as np
import pytest

from mmseg_facenext.apis import FaceParser

MODELS = ('small.onnx', 'any.xml')


def test_only_finished_files_are_left(exported):
    assert sorted(exported) == ['any.bin', 'any.xml', 'small.onnx']


@pytest.mark.parametrize('name', MODELS)
def test_face_parser_gives_pytorchs_labels(exported, config, checkpoint, photos, name):
    parser = FaceParser(exported[name])
    expected = list(FaceParser(config, checkpoint, 'cpu', fuse=False).parse_many(photos))
    results = list(parser.parse_many(photos))
    for result, truth in zip(results, expected, strict=True):
        assert len(truth.classes) > 4
        assert (result.labels == truth.labels).mean() > 0.999
        assert result.label_space == truth.label_space
        np.testing.assert_array_equal(result.image, truth.image)
