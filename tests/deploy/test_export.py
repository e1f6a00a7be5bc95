import copy
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from closeness import assert_same_numbers

from mmseg_facenext.config.load import load_config
from mmseg_facenext.deploy import export as export_module
from mmseg_facenext.deploy.export import check_other_size, export
from mmseg_facenext.deploy.photos_to_logits import PhotosToLogits
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.runtimes import load_runtime

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(('bgr_to_rgb', 'mirror'), [(True, None), (False, None), (True, 'celebamask_hq')])
def test_graph_takes_rgb_whatever_the_network_was_trained_on(config, checkpoint, photos, bgr_to_rgb, mirror):
    """mean and std of the config are in the order of the network's channels, those in the file are RGB."""
    cfg = copy.deepcopy(config)
    cfg.model.data_preprocessor.bgr_to_rgb = bgr_to_rgb
    cfg.model.test_cfg.mirror = mirror
    parser = FaceParser(cfg, checkpoint, 'cpu', fuse=False)
    graph = PhotosToLogits(parser.model)
    bgr = torch.from_numpy(np.ascontiguousarray(photos[0][:64, :96, ::-1].transpose(2, 0, 1)))
    data = parser.model.data_preprocessor({'inputs': [bgr]}, False)
    with torch.no_grad():
        expected = parser.model.encode_decode(data['inputs'], [{'img_shape': (64, 96)}])
        logits = graph(torch.from_numpy(photos[0][None, :64, :96].copy()))
    assert_same_numbers(
        logits, expected, bound=5e-3
    )  # normalised in another order; the factorisation adds up

    assert graph.mean_and_std()[0][0] == pytest.approx(123.675 if bgr_to_rgb else 103.53)


def test_disagreement_fails_and_leaves_nothing(config, checkpoint, photos, tmp_path, monkeypatch):
    """A network that is exported with other weights than those it is compared with."""

    def spoilt(model):
        torch.nn.init.normal_(model.decode_head.conv_seg.weight)
        return model

    monkeypatch.setattr(export_module.models, 'fuse', lambda model: spoilt(copy.deepcopy(model)))
    earlier = tmp_path / 'face.onnx'
    earlier.write_text('an earlier export')
    with pytest.raises(UserError, match=r'was not written: only .* at least 99\.9 % must agree'):
        export(config, checkpoint, earlier, photos)
    assert [file.name for file in tmp_path.iterdir()] == ['face.onnx']
    assert earlier.read_text() == 'an earlier export'


@pytest.mark.parametrize(
    ('options', 'file', 'message'),
    [
        ({}, 'face.trt', r'expected a name that ends in \.onnx or \.xml'),
        ({'model.test_cfg.mode': 'slide'}, 'face.onnx', 'sliding window'),
        ({'model.data_preprocessor.test_cfg': {'size_divisor': 32}}, 'face.onnx', 'pads photos'),
        ({'model.decode_head.align_corners': True}, 'face.onnx', 'align_corners=True'),
        ({'model.decode_head.ham_kwargs.rand_init': True}, 'face.onnx', 'starts at random'),
        ({'model.type': 'AlignedEncoderDecoder'}, 'face.onnx', 'aligns faces by landmarks, which'),
        ({'resize.keep_ratio': True}, 'face.onnx', 'add --dynamic, or --shape'),
        (
            {'resize.backend': 'pillow', 'resize.interpolation': 'box'},
            'face.onnx',
            'pillow box; exported models know nearest, ',
        ),
        (
            {'resize.type': 'ResizeToMultiple', 'resize.keep_ratio': None, 'resize.scale': None},
            'face.onnx',
            'knows one Resize',
        ),
    ],
)
def test_what_cannot_be_exported(config, checkpoint, photos, tmp_path, options, file, message):
    cfg = copy.deepcopy(config)
    step = dict(cfg.resize)
    for key, value in options.items():
        if key.startswith('resize.'):
            step[key.removeprefix('resize.')] = value
        else:
            cfg.merge_from_dict({key: value})
    cfg.test_dataloader.dataset.pipeline = [{k: v for k, v in step.items() if v is not None}]
    with pytest.raises(UserError, match=message) as caught:
        export(cfg, checkpoint, tmp_path / file, photos)
    assert '\n' not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_photos_that_keep_their_proportions(config, checkpoint, photos, tmp_path):
    cfg = copy.deepcopy(config)
    cfg.test_dataloader.dataset.pipeline = [dict(cfg.resize, keep_ratio=True)]
    report = export(cfg, checkpoint, tmp_path / 'face.onnx', photos, dynamic=True)
    assert report.parity.worst > 0.999
    shapes = [
        face.labels.shape for face in FaceParser(tmp_path / 'face.onnx').parse_many(photos, detect=False)
    ]
    assert shapes == [photo.shape[:2] for photo in photos]


def check_segface(cfg, file, photos):
    """A file for any number of photos of any size gives PyTorch's logits of three photos of another size."""
    checkpoint = file.with_name('segface.pth')
    torch.save({'state_dict': build_segmentor(cfg).state_dict()}, checkpoint)
    report = export(cfg, checkpoint, file, photos[:1], dynamic=True, shape=(64, 64))
    assert report.parity.agreement > 0.999
    several = np.stack([photo[:64, :48] for photo in photos])
    graph = PhotosToLogits(FaceParser(cfg, checkpoint, 'cpu').model)
    with torch.inference_mode():
        expected = graph(torch.from_numpy(several)).numpy()
    np.testing.assert_allclose(load_runtime(file)(several), expected, atol=1e-3 * np.abs(expected).max())


def test_a_small_segface(config, photos, tmp_path):
    torch.manual_seed(0)
    cfg = copy.deepcopy(config)
    widths = cfg.model.backbone.embed_dims
    cfg.model.decode_head = dict(
        type='SegFaceHead',
        in_channels=widths,
        in_index=[0, 1],
        channels=16,
        mlp_channels=16,
        depth=1,
        num_classes=19,
    )
    check_segface(cfg, tmp_path / 'face.onnx', photos)


def test_a_file_that_is_wrong_at_other_sizes_is_not_written():
    """As Swin's: what was decided for one size stays in the file."""
    graph = torch.Tensor.float
    check_other_size(lambda photo: photo.astype(np.float32), graph, (96, 64), Path('face.onnx'))
    for wrong in (lambda photo: photo[:, ::-1].astype(np.float32), lambda photo: photo[:, :64] * photo):
        with pytest.raises(UserError, match=r'face\.onnx was not written: at 104x48 .* without --dynamic'):
            check_other_size(wrong, graph, (96, 64), Path('face.onnx'))


@pytest.mark.slow
def test_segface(photos, tmp_path):
    torch.manual_seed(0)
    cfg = load_config(ROOT / 'local_configs/segface/segface.mobilenet_v3_large.512.celebamaskhq.py')
    check_segface(cfg, tmp_path / 'face.xml', photos)


@pytest.mark.parametrize(
    ('package', 'file'), [('onnxscript', 'a.onnx'), ('onnxruntime', 'a.onnx'), ('openvino', 'a.xml')]
)
def test_missing_package_is_named(config, checkpoint, photos, tmp_path, package, file, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=f'{package} is missing: pip install {package}'):
        export(config, checkpoint, tmp_path / file, photos)


def test_command(config, checkpoint, tmp_path, capsys, monkeypatch):
    """--shape takes the place of the config's size; the report names what it was checked on."""
    main = runpy.run_path(str(ROOT / 'tools/export.py'))['main']
    monkeypatch.setattr('mmseg_facenext.cli.commands.export.DRAWN_FACES', 1)
    out = tmp_path / 'new' / 'face.onnx'
    words = [config.filename, str(checkpoint), '--out', str(out), '--shape', '32', '64', '--threads', '1']
    main(words)
    report = capsys.readouterr().out
    assert 'checking on 1 drawn faces' in report
    assert 'uint8 (1, 32, 64, 3)' in report
    assert 'of the pixels have the same label' in report
    assert 'ONNX Runtime float32' in report
    assert FaceParser(out)(np.zeros((50, 70, 3), np.uint8), detect=False).labels.shape == (50, 70)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--shape', '31', '64'], 'expected 32 to 8192 pixels, got 31'),
        (['--shape', '64'], 'expected 2 arguments'),
        (['--format', 'tensorrt'], 'invalid choice'),
        (['--format', 'onnx', '--out', 'face.xml'], '--format onnx writes .onnx files, --out is face.xml'),
        (['--threads', '0'], 'expected a whole number of at least 1'),
    ],
)
def test_misspelt_command(arguments, message, capsys):
    parse_args = runpy.run_path(str(ROOT / 'tools/export.py'))['parse_args']
    with pytest.raises(SystemExit):
        parse_args(['config.py', 'best.pth', *arguments])
    assert message in capsys.readouterr().err
