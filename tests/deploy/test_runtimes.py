"""Exported files by themselves: what they say, what they refuse, and that they need no PyTorch.

Everything that stands on `exported` is here: another file's process would export once more.
"""

import copy
import os
import resource
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from robustness.outcomes import bad_outcomes
from robustness.subjects import exports
from skimage.data import astronaut

from mmseg_facenext import __version__
from mmseg_facenext.deploy.writing import write_openvino
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.runtimes import load_runtime
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

ROOT = Path(__file__).parents[2]
MODELS = ('small.onnx', 'any.xml')
WITHOUT_TRAINING_STACK = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('torch', 'torchvision', 'mmengine', 'mmcv', 'mmseg', 'matplotlib'):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse())
"""
SERVE = """
import sys
from mmseg_facenext.inference import FaceParser

photo, folder, *models = sys.argv[1:]
for model in models:
    face = FaceParser(model, threads=1)(photo, detect=False)
    face.save_as(f'{folder}/{model.rpartition(".")[2]}.png')
assert not {'torch', 'mmengine', 'mmcv', 'mmseg'} & set(sys.modules), sorted(sys.modules)
"""


def test_only_finished_files_are_left(exported):
    assert sorted(exported) == ['any.bin', 'any.xml', 'small.onnx']


@pytest.mark.parametrize('name', MODELS)
def test_face_parser_gives_pytorchs_labels(exported, config, checkpoint, photos, name):
    expected = list(FaceParser(config, checkpoint, 'cpu', fuse=False).parse_many(photos, detect=False))
    results = list(FaceParser(exported[name]).parse_many(photos, detect=False))
    for result, truth in zip(results, expected, strict=True):
        assert len(truth.classes) > 4
        assert (result.labels == truth.labels).mean() > 0.999
        assert result.label_space == truth.label_space
        np.testing.assert_array_equal(result.image, truth.image)


@pytest.mark.parametrize('model', ['config', *MODELS])
def test_threads_get_what_one_caller_gets(exported, config, checkpoint, model):
    """Four threads at ten photos of ten sizes, the network's sizes among them; each begins at another photo."""
    cfg = copy.deepcopy(config)
    cfg.test_dataloader.dataset.pipeline[1].keep_ratio = True
    parser = (
        FaceParser(cfg, checkpoint, 'cpu') if model == 'config' else FaceParser(exported[model], threads=1)
    )
    if model == 'any.xml':
        metadata = parser.model.metadata
        parser.model.metadata = replace(metadata, resize=replace(metadata.resize, keep_ratio=True))
    photos = [astronaut()[: 90 + 20 * i, 40 : 340 - 25 * i].copy() for i in range(10)]
    alone = [parser(photo, detect=False).labels for photo in photos]
    assert len({tuple(np.bincount(labels.ravel(), minlength=19)) for labels in alone}) == 10

    def parse(first: int) -> list[np.ndarray]:
        order = [(first + i) % 10 for i in range(10)]
        found = dict(zip(order, parser.parse_many([photos[i] for i in order], detect=False), strict=True))
        return [found[i].labels for i in range(10)]

    with ThreadPoolExecutor(4) as pool:
        for labels in pool.map(parse, range(4)):
            for found, expected in zip(labels, alone, strict=True):
                np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize('name', MODELS)
def test_metadata(exported, name):
    metadata = load_runtime(exported[name]).metadata
    assert metadata.version == __version__
    assert metadata.label_space == CELEBAMASK_HQ
    assert (metadata.resize.scale, metadata.resize.keep_ratio) == ((96, 64), False)
    assert metadata.mean == pytest.approx((123.675, 116.28, 103.53))
    assert metadata.std == pytest.approx((58.395, 57.12, 57.375))
    assert metadata.channel_order == 'RGB'


@pytest.mark.parametrize('name', MODELS)
def test_batches_equal_single_photos(exported, name):
    runtime = load_runtime(exported[name])
    photos = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3), np.uint8)
    logits = runtime(photos)
    assert (logits.shape, logits.dtype) == ((3, 19, 64, 96), np.float32)
    for photo, expected in zip(photos, logits, strict=True):
        np.testing.assert_allclose(
            runtime(photo[None])[0], expected, rtol=0, atol=1e-3 * np.abs(expected).max()
        )


def test_dynamic_file_takes_other_sizes(exported):
    assert load_runtime(exported['any.xml'])(np.zeros((1, 96, 160, 3), np.uint8)).shape == (1, 19, 96, 160)


@pytest.mark.parametrize(
    'given',
    [
        np.zeros((1, 64, 64, 3), np.uint8),
        np.zeros((1, 64, 96, 4), np.uint8),
        np.zeros((64, 96, 3), np.uint8),
        np.zeros((0, 64, 96, 3), np.uint8),
        np.zeros((1, 64, 96, 3), np.float32),
    ],
    ids=lambda given: f'{given.dtype} {given.shape}',
)
def test_photos_that_the_file_does_not_take(exported, given):
    with pytest.raises(UserError, match=r'takes photos as uint8 \(B, 64, 96, 3\), got'):
        load_runtime(exported['small.onnx'])(given)


@pytest.fixture
def folder(exported, tmp_path):
    """The exported files and some broken ones."""
    for file in exported.values():
        shutil.copy(file, tmp_path)
    for name in ('small.onnx', 'any.xml'):
        whole = exported[name].read_bytes()
        (tmp_path / f'cut.{name}').write_bytes(whole[: len(whole) // 2])
        (tmp_path / f'text.{name}').write_text('no model')
        (tmp_path / f'empty.{name}').write_text('')
    shutil.copy(exported['any.xml'], tmp_path / 'weightless.xml')
    shutil.copy(exported['any.xml'], tmp_path / 'cut_weights.xml')
    weights = exported['any.bin'].read_bytes()
    (tmp_path / 'cut_weights.bin').write_bytes(weights[: len(weights) // 2])
    for name in ('cut', 'text', 'empty'):
        shutil.copy(exported['any.bin'], tmp_path / f'{name}.any.bin')
    (tmp_path / 'folder.onnx').mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ('name', 'settings', 'message'),
    [
        ('gone.onnx', {}, 'no exported model at .*gone.onnx$'),
        ('folder.onnx', {}, 'it is a folder'),
        ('cut.small.onnx', {}, 'is truncated or no ONNX model'),
        ('text.small.onnx', {}, 'is truncated or no ONNX model'),
        ('empty.small.onnx', {}, 'is truncated or no ONNX model'),
        ('cut.any.xml', {}, 'is truncated or no OpenVINO model'),
        ('text.any.xml', {}, 'is truncated or no OpenVINO model'),
        ('empty.any.xml', {}, 'is truncated or no OpenVINO model'),
        ('weightless.xml', {}, r'weights in .*weightless\.bin, which is missing; copy both'),
        ('cut_weights.xml', {}, 'damaged or do not belong together'),
        ('small.onnx', {'precision': 'bf16'}, "ONNX Runtime computes in float32 .* got 'bf16'"),
        ('any.xml', {'precision': 'int3'}, "OpenVINO computes in float32.* got 'int3'"),
        ('any.xml', {'threads': 0}, 'threads must be at least 1, got 0'),
        (
            'small.onnx',
            {'checkpoint': 'best.pth'},
            'holds its own weights: leave the checkpoint best.pth out',
        ),
        ('small.onnx', {'device': 'cuda'}, 'runs on the CPU, not on cuda'),
        ('config.py', {'threads': 2}, r'threads and precision are for \.onnx and \.xml files'),
    ],
)
def test_mistakes(folder, name, settings, message):
    with pytest.raises(UserError, match=message) as caught:
        FaceParser(str(folder / name), **settings)
    assert '\n' not in str(caught.value)


def test_files_of_others(exported, tmp_path):
    import onnx
    import openvino

    model = onnx.load(exported['small.onnx'])
    del model.metadata_props[:]
    onnx.save(model, tmp_path / 'foreign.onnx')
    openvino.save_model(openvino.convert_model(tmp_path / 'foreign.onnx'), tmp_path / 'foreign.xml')
    for name in ('foreign.onnx', 'foreign.xml'):
        with pytest.raises(UserError, match=f'{name} does not say what its classes are'):
            load_runtime(tmp_path / name)


def test_full_disk_for_openvino(exported, tmp_path):
    """The system lets no file grow beyond 4 kB, as if the disk were full."""
    metadata, limits = (
        load_runtime(exported['small.onnx']).metadata,
        resource.getrlimit(resource.RLIMIT_FSIZE),
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(UserError, match=r'OpenVINO cannot write .*: free some disk space') as caught:
            write_openvino(exported['small.onnx'], metadata, tmp_path / 'face.xml')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(('name', 'package'), [('small.onnx', 'onnxruntime'), ('any.xml', 'openvino')])
def test_missing_package_is_named(exported, name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=f'{package} is missing: pip install {package}'):
        load_runtime(exported[name])


def serve(python, prelude, exported, photo, folder):
    """Both files label the photo in another process; their label maps by suffix."""
    done = subprocess.run(
        [python, '-c', prelude + SERVE, photo, folder, *(exported[name] for name in MODELS)],
        env={'PATH': os.environ['PATH'], 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {suffix: np.asarray(Image.open(folder / f'{suffix}_labels.png')) for suffix in ('onnx', 'xml')}


@pytest.fixture
def photo(photos, tmp_path):
    Image.fromarray(photos[1]).save(tmp_path / 'photo.png')
    return tmp_path / 'photo.png'


def agrees(labels, config, checkpoint, photo):
    expected = FaceParser(config, checkpoint, 'cpu', fuse=False)(photo, detect=False).labels
    for served in labels.values():
        assert served.shape == expected.shape
        assert (served == expected).mean() > 0.999


def test_serving_without_the_training_stack(exported, config, checkpoint, photo, tmp_path):
    agrees(
        serve(sys.executable, WITHOUT_TRAINING_STACK, exported, photo, tmp_path), config, checkpoint, photo
    )


def test_config_without_the_training_stack(tmp_path):
    code = WITHOUT_TRAINING_STACK + (
        'from mmseg_facenext.inference import FaceParser\n'
        'from mmseg_facenext.errors import UserError\n'
        'try: FaceParser("face.py", "face.pth")\n'
        'except UserError as error: print(error)'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert 'face.py needs PyTorch and mmsegmentation' in done.stdout, done.stderr


@pytest.mark.slow
def test_serving_as_installed_by_the_page_on_deployment(exported, config, checkpoint, photo, tmp_path):
    """A fresh environment with requirements-runtime.txt alone."""
    venv.create(tmp_path / 'venv', with_pip=True)
    python = tmp_path / 'venv/bin/python'
    for install in (['-r', ROOT / 'requirements-runtime.txt'], ['--no-deps', ROOT]):
        subprocess.run([python, '-m', 'pip', 'install', '-q', *install], check=True)
    agrees(serve(python, '', exported, photo, tmp_path), config, checkpoint, photo)


def test_a_wrong_bit_and_weights_of_another_export_are_refused(exported, tmp_path):
    for file in exported.values():
        shutil.copy(file, tmp_path)
    rng = np.random.default_rng(0)
    for model, parts in (('small.onnx', ['small.onnx']), ('any.xml', ['any.xml', 'any.bin'])):
        load_runtime(tmp_path / model)
        for part in parts * 5:
            whole = bytearray((tmp_path / part).read_bytes())
            bit = int(rng.integers(0, 8 * len(whole)))
            damaged = whole.copy()
            damaged[bit // 8] ^= 1 << bit % 8
            (tmp_path / part).write_bytes(damaged)
            with pytest.raises(UserError):
                load_runtime(tmp_path / model)
            (tmp_path / part).write_bytes(whole)
    weights = np.frombuffer((tmp_path / 'any.bin').read_bytes(), np.float32) + 1
    (tmp_path / 'any.bin').write_bytes(weights.tobytes())
    with pytest.raises(UserError, match=r'any\.xml and .*any\.bin: damaged or do not belong together'):
        load_runtime(tmp_path / 'any.xml')


def test_damage_is_refused_in_one_line_or_harmless(exported, tmp_path):
    files = [exported[name] for name in ('small.onnx', 'any.bin', 'any.xml')]
    assert not bad_outcomes(exports(files, tmp_path).make)
