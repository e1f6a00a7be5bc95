"""mmengine's schemes through the reader that executes nothing."""

import functools
import http.server
import shutil
import sys
import threading
import types

import pytest
import torch
from mmengine.runner import CheckpointLoader

from mmseg_facenext.checkpoints import read_checkpoint, schemes
from mmseg_facenext.checkpoints.safe_loading import safe_loading
from mmseg_facenext.errors import UserError

WEIGHTS = {'backbone.w': torch.ones(2), 'head.w': torch.zeros(1)}


class Bomb:
    """Unpickling it makes a file."""

    def __reduce__(self):
        return open, ('exploded', 'w')


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Every scheme of mmengine leads to files in this folder; `good.pth` is weights, `bad.pth` runs code as well."""
    folder = tmp_path / 'store'
    folder.mkdir()
    torch.save({'state_dict': WEIGHTS}, folder / 'good.pth')
    torch.save({'state_dict': WEIGHTS, 'extra': Bomb()}, folder / 'bad.pth')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))

    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    handler.func.log_message = lambda *args: None
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f'http://127.0.0.1:{server.server_port}'
    table = {name: f'{address}/{name}.pth' for name in ('good', 'bad')}
    for scheme in schemes.TABLES:
        monkeypatch.setitem(schemes.TABLES, scheme, lambda: table)

    class Petrel:
        def __init__(self, **options):
            pass

        def get(self, path):
            return (folder / path.rpartition('/')[2]).read_bytes()

    monkeypatch.setattr(schemes, 'get_file_backend', lambda *args, **options: Petrel())

    class Model:
        def __init__(self, name):
            self.name = f'{name}.pth'

        def download(self, target):
            shutil.copy(folder / self.name, target)

    pavi = types.ModuleType('pavi')
    pavi.modelcloud = types.SimpleNamespace(get=Model)
    monkeypatch.setitem(sys.modules, 'pavi', pavi)
    yield address
    server.shutdown()


FORMS = [
    'store/{}.pth',
    'file://store/{}.pth',
    'local://store/{}.pth',
    '{address}/{}.pth',
    'torchvision://{}',
    'modelzoo://{}',
    'open-mmlab://{}',
    'openmmlab://{}',
    'mmcls://{}',
    's3://bucket/{}.pth',
    'cluster:s3://bucket/{}.pth',
    'petrel://bucket/{}.pth',
    'pavi://{}',
]


@pytest.mark.parametrize('form', FORMS)
def test_every_scheme_reads_weights_and_executes_nothing(store, tmp_path, form):
    good, bad = (form.format(name, address=store) for name in ('good', 'bad'))
    assert read_checkpoint(good)['state_dict'].keys() == WEIGHTS.keys()
    with pytest.raises(UserError, match='was refused'):
        read_checkpoint(bad)
    with safe_loading():  # as mmengine reads them for `init_cfg` of any module
        weights = CheckpointLoader.load_checkpoint(good)['state_dict']
        assert weights.keys() == ({'w'} if form.startswith('mmcls') else WEIGHTS.keys())
        with pytest.raises(UserError, match='was refused'):
            CheckpointLoader.load_checkpoint(bad)
    assert not (tmp_path / 'exploded').exists()


def test_all_schemes_of_mmengine_are_among_them():
    known = {'', 'http://', 'https://', 'pavi://', 'modelzoo://', 'torchvision://', 'mmcls://'}
    known |= {r'(\S+\:)?s3://', r'(\S+\:)?petrel://', 'open-mmlab://', 'openmmlab://'}
    assert known >= set(CheckpointLoader._schemes)


def test_names_of_mmengines_tables():
    with schemes.resolved('torchvision://resnet50') as address:
        assert address.startswith('https://download.pytorch.org/models/resnet50-')
    with schemes.resolved('torchvision://ResNet50_Weights.IMAGENET1K_V1') as other:
        assert other.startswith('https://download.pytorch.org/models/resnet50-0676ba61')
    with schemes.resolved('open-mmlab://resnet50_v1c') as address:
        assert address.endswith('resnet50_v1c-2cccc1ad.pth')
    with (
        pytest.raises(UserError, match=r'knows no weights torchvision://resnet5; the nearest are .*resnet50'),
        schemes.resolved('torchvision://resnet5'),
    ):
        pass


def test_a_store_without_its_package():
    for path, package in (('s3://bucket/x.pth', 'petrel'), ('pavi://x', 'pavi')):
        with pytest.raises(UserError, match=f'needs .*{package}'):
            read_checkpoint(path)


def test_mmengine_may_still_read_what_is_no_checkpoint(tmp_path):
    """Some modules of mmseg load a tensor of text embeddings by mmengine's loader."""
    torch.save(torch.ones(3), tmp_path / 'embeddings.pth')
    with safe_loading():
        assert CheckpointLoader.load_checkpoint(str(tmp_path / 'embeddings.pth')).sum() == 3
