import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image
from skimage.data import astronaut

from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.inference.torch_network import TorchNetwork

ROOT = Path(__file__).parents[2]
CONFIG = """
model = dict(
    type='FaceEncoderDecoder',
    data_preprocessor=dict(
        type='FacePreProcessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True
    ),
    backbone=dict(type='MSCAN', embed_dims=[8, 16, 24, 32], depths=[1, 1, 1, 1], norm_cfg=dict(type='BN')),
    decode_head=dict(
        type='LightHamHead', in_channels=[16, 24, 32], in_index=[1, 2, 3], channels=32, ham_channels=32,
        ham_kwargs=dict(MD_R=4), num_classes=19, norm_cfg=dict(type='GN', num_groups=32),
    ),
    test_cfg=dict(mode='whole'),
)
test_pipeline = [
    dict(type='LoadFaceImage'), dict(type='FaceResize', scale=(64, 64), keep_ratio=False), dict(type='PackFaceInputs')
]
test_dataloader = dict(
    dataset=dict(type='CelebAMaskHQDataset', data_root='/nowhere', pipeline=test_pipeline)
)
"""


@pytest.fixture(scope='module')
def workplace(tmp_path_factory):
    """A folder with a config, a checkpoint and photos, one of them truncated."""
    folder = tmp_path_factory.mktemp('demo')
    (folder / 'config.py').write_text(CONFIG)
    model = build_segmentor(Config.fromfile(folder / 'config.py'))
    torch.save({'state_dict': model.state_dict()}, folder / 'weights.pth')
    (folder / 'photos').mkdir()
    Image.fromarray(astronaut()[:200, :300]).save(folder / 'photos' / 'astronaut.jpg')
    whole = (folder / 'photos' / 'astronaut.jpg').read_bytes()
    (folder / 'photos' / 'cut.jpg').write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture
def demo(workplace, monkeypatch):
    """The tool's `main`, called in `workplace`, as a function of its arguments after IMAGE."""
    monkeypatch.chdir(workplace)
    main = runpy.run_path(str(ROOT / 'tools' / 'image_demo.py'))['main']
    return lambda photo, *options: main([photo, 'config.py', 'weights.pth', '--no-detect', *options])


def test_picture_and_label_map_in_the_current_folder(workplace, tmp_path, monkeypatch, capsys):
    photo, config, weights = (
        workplace / name for name in ('photos/astronaut.jpg', 'config.py', 'weights.pth')
    )
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / 'tools' / 'image_demo.py'))['main'](
        [str(photo), str(config), str(weights), '--no-detect']
    )
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 1
    assert 'astronaut_faces.jpg' in said
    with Image.open(tmp_path / 'astronaut_faces_labels.png') as written:
        labels = np.asarray(written)
    parsing = FaceParser(str(config), weights, 'cpu')(photo, detect=False)
    assert labels.shape == (200, 300)
    assert (labels == parsing.labels).mean() > 0.999
    assert parsing.describe() in said


def test_out_file(demo, tmp_path):
    demo('photos/astronaut.jpg', '--out-file', str(tmp_path / 'new' / 'x.jpg'), '--opacity', '0.3')
    assert sorted(file.name for file in (tmp_path / 'new').iterdir()) == ['x.jpg', 'x_labels.png']


def test_photos_of_a_folder_run_in_one_batch_without_the_broken_one(demo, workplace, tmp_path, monkeypatch):
    good, cut = (workplace / 'photos' / name for name in ('astronaut.jpg', 'cut.jpg'))
    for name, source in (('a.jpg', good), ('b.jpg', cut), ('c.jpg', good)):
        shutil.copy(source, tmp_path / name)
    batches = []
    logits = TorchNetwork.logits
    monkeypatch.setattr(
        TorchNetwork,
        'logits',
        lambda self, inputs, points: batches.append(len(inputs)) or logits(self, inputs, points),
    )
    with pytest.raises(UserError, match=r'b\.jpg is truncated .*; 1 of 3 photos could not be read'):
        demo(str(tmp_path), '--out-dir', str(tmp_path / 'out'))
    assert batches == [2]
    assert sorted(file.name for file in (tmp_path / 'out').glob('*_faces.jpg')) == [
        'a_faces.jpg',
        'c_faces.jpg',
    ]


def test_label_map_does_not_overwrite_the_photo(demo, workplace, tmp_path):
    photo = tmp_path / 'x_labels.png'
    Image.open(workplace / 'photos' / 'astronaut.jpg').save(photo)
    before = photo.read_bytes()
    with pytest.raises(UserError, match=r'x_labels\.png would overwrite the photo of that name'):
        demo(str(photo), '--out-file', str(tmp_path / 'x.png'))
    assert photo.read_bytes() == before


def test_folder_goes_on_after_a_broken_photo_and_names_it(demo, tmp_path, capsys):
    with pytest.raises(UserError, match=r'photos/cut\.jpg is truncated .*; 1 of 2 photos could not be read'):
        demo('photos', '--out-dir', str(tmp_path))
    assert (tmp_path / 'astronaut_faces.jpg').exists()
    assert 'astronaut.jpg: ' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('photo', 'options', 'message'),
    [
        ('gone.jpg', [], 'image not found: gone.jpg'),
        ('config.py', [], 'config.py is not an image'),
        ('photos/cut.jpg', [], r'cut\.jpg is truncated'),
        ('photos/astronaut.jpg', ['--opacity', '2'], 'opacity must lie between'),
        ('photos/astronaut.jpg', ['--device', 'cuda:99'], 'device cuda:99 cannot be used'),
        ('photos/astronaut.jpg', ['--out-file', 'x.txt'], r'ends in \.png'),
        ('photos/astronaut.jpg', ['--out-file', 'photos/astronaut.jpg'], 'overwrite the photo'),
        ('photos', ['--out-file', 'x.png'], 'there are 2 photos; use --out-dir'),
        (
            'photos/astronaut.jpg',
            ['--cfg-options', 'model.decode_head.num_classes=11'],
            '19 classes.*11 classes',
        ),
    ],
)
def test_mistakes_leave_nothing_behind(demo, workplace, photo, options, message):
    before = sorted(workplace.rglob('*'))
    with pytest.raises(UserError, match=message):
        demo(photo, *options)
    assert sorted(workplace.rglob('*')) == before


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['me.jpg', 'config.py'], 'expected IMAGE, IMAGE CONFIG CHECKPOINT'),
        (['face.onnx', 'best.pth'], 'expected IMAGE, IMAGE CONFIG CHECKPOINT'),
        (['me.jpg', 'face.onnx.zip'], 'IMAGE WEIGHTS_NAME, or IMAGE MODEL.onnx'),
        (['me.jpg', '--cfg-options', 'a.b=1'], 'are for a config and its checkpoint'),
        (['face.onnx', 'face.xml', '--no-fuse'], 'are for a config and its checkpoint'),
        (['me.jpg', 'face.xml', '--cfg-options', 'a.b=1'], 'are for a config and its checkpoint'),
    ],
)
def test_words_that_make_no_command(words, message, capsys):
    parse_args = runpy.run_path(str(ROOT / 'tools' / 'image_demo.py'))['parse_args']
    with pytest.raises(SystemExit):
        parse_args(words)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ('words', 'model'),
    [
        ('a.jpg', ''),
        ('a.jpg b.PNG', ''),
        ('a.jpg config.py best.pth', 'config.py best.pth'),
        ('a.jpg segnext.tiny mine', 'segnext.tiny mine'),
        ('a.jpg b.jpg face.onnx', 'face.onnx'),
        ('a.jpg mine.safetensors', 'mine.safetensors'),
        ('a.jpg config.py mine.safetensors', 'config.py mine.safetensors'),
        ('. mine.safetensors', 'mine.safetensors'),
    ],
)
def test_where_the_photos_end(words, model):
    args = runpy.run_path(str(ROOT / 'tools' / 'image_demo.py'))['parse_args'](words.split())
    assert ' '.join(args.model) == model
    assert [*args.images, *args.model] == words.split()


def test_exported_model_stands_for_config_and_checkpoint(workplace, monkeypatch):
    main = runpy.run_path(str(ROOT / 'tools' / 'image_demo.py'))['main']
    monkeypatch.chdir(workplace)
    with pytest.raises(UserError, match=r'no exported model at face\.onnx'):
        main(['photos/astronaut.jpg', 'photos/cut.jpg', 'face.onnx'])
    with pytest.raises(UserError, match='runs on the CPU, not on cuda'):
        main(['photos/astronaut.jpg', 'face.onnx', '--device', 'cuda'])


def test_landmarks_for_a_model_that_aligns_faces(demo, workplace, tmp_path):
    aligned = ('--cfg-options', 'model.type=AlignedEncoderDecoder', '--out-dir', str(tmp_path))
    with pytest.raises(UserError, match=r'comes without landmarks.*--landmarks FILE'):
        demo('photos/astronaut.jpg', *aligned)
    (workplace / 'five.txt').write_text('170 90 205 90 190 110 175 130 203 130')
    demo('photos/astronaut.jpg', *aligned, '--landmarks', 'five.txt')
    assert (tmp_path / 'astronaut_faces.jpg').exists()
    with pytest.raises(UserError, match='does not align faces'):
        demo('photos/astronaut.jpg', '--landmarks', 'five.txt', '--out-dir', str(tmp_path))


def test_a_folder_goes_on_where_it_stopped(demo, workplace, tmp_path, capsys):
    source = workplace / 'photos' / 'astronaut.jpg'
    for name in ('in/a.jpg', 'in/sub/b.jpg'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, tmp_path / name)
    sheet_file = tmp_path / 'in' / 'sheet.png'  # which the second run finds among the photos
    options = ('--out-dir', str(tmp_path / 'out'), '--sheet', str(sheet_file), '--json')
    demo(str(tmp_path / 'in'), *options)
    written = {path.relative_to(tmp_path / 'out').as_posix() for path in (tmp_path / 'out').rglob('*.*')}
    assert {
        f'{stem}{end}' for stem in ('a_faces', 'sub/b_faces') for end in ('.jpg', '.json', '_labels.png')
    } == written
    (tmp_path / 'out' / 'a_faces_labels.png').unlink()
    shutil.copy(source, tmp_path / 'in' / 'c.jpg')
    capsys.readouterr()
    demo(str(tmp_path / 'in'), *options)
    said = capsys.readouterr().out
    assert 'in/a.jpg' in said
    assert 'in/c.jpg' in said
    assert 'in/sub/b.jpg' not in said
    assert '1 of 3 photos were done before; --again' in said
    assert 'in/sheet.png: ' not in said
    with Image.open(sheet_file) as sheet:
        assert sheet.width > 3 * 220


def test_a_photo_without_a_face_says_so(workplace, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    Image.new('RGB', (90, 60), 'green').save(tmp_path / 'meadow.gif')
    main = runpy.run_path(str(ROOT / 'tools' / 'image_demo.py'))['main']
    main([str(tmp_path / 'meadow.gif'), 'config.py', 'weights.pth', '--out-dir', str(tmp_path)])
    assert 'meadow.gif: no face found; --no-detect' in capsys.readouterr().out
