from pathlib import Path

import pytest

from mmseg_facenext.config.env_paths import NAMES, env_paths
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError

LEAF = """
model = dict(type='FaceEncoderDecoder', backbone=dict(type='MSCAN'))
data_root = 'data/LaPa'
train_dataloader = dict(dataset=dict(type='RepeatDataset', dataset=dict(type='LaPaDataset', data_root=data_root)))
val_dataloader = dict(dataset=dict(type='LaPaDataset', data_root=data_root))
test_dataloader = dict(dataset=dict(type='LaPaDataset', data_root='/elsewhere/LaPa'))
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory with one config, and none of the variables set."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr('mmseg_facenext.config.env_paths.REPOSITORY', tmp_path / 'repository')
    (tmp_path / 'here').mkdir()
    (tmp_path / 'here/leaf.py').write_text(LEAF)
    monkeypatch.chdir(tmp_path / 'here')
    return tmp_path / 'here'


def roots(cfg):
    train = cfg.train_dataloader.dataset.dataset.data_root
    return train, cfg.val_dataloader.dataset.data_root, cfg.test_dataloader.dataset.data_root


def test_nothing_set_changes_nothing(here):
    cfg = load_config('leaf.py')
    assert roots(cfg) == ('data/LaPa', 'data/LaPa', '/elsewhere/LaPa')
    assert cfg.work_dir == 'work_dirs/leaf'
    assert 'env_paths' not in cfg


def test_the_file_in_the_working_directory(here):
    (here / '.env').write_text('DATA_PATH=/big/data\nLOG_PATH=/big/logs\n')
    cfg = load_config('leaf.py')
    assert roots(cfg) == ('/big/data/LaPa', '/big/data/LaPa', '/elsewhere/LaPa')
    assert cfg.work_dir == '/big/logs/leaf'
    assert cfg.env_paths == ['work_dir /big/logs/leaf by LOG_PATH', 'data_root /big/data/LaPa by DATA_PATH']


def test_environment_before_working_directory_before_repository(here, monkeypatch):
    (here.parent / 'repository').mkdir()
    (here.parent / 'repository/.env').write_text('DATA_PATH=/repository\nLOG_PATH=/repository\n')
    (here / '.env').write_text('DATA_PATH=/file')
    assert load_config('leaf.py').work_dir == '/repository/leaf'
    assert roots(load_config('leaf.py'))[0] == '/file/LaPa'
    monkeypatch.setenv('DATA_PATH', '/environment')
    assert roots(load_config('leaf.py'))[0] == '/environment/LaPa'


def test_the_folder_of_segfaces_readme(here, monkeypatch):
    (here / 'big/SegFace/LaPa').mkdir(parents=True)
    monkeypatch.setenv('DATA_PATH', 'big')
    assert roots(load_config('leaf.py'))[0] == 'big/SegFace/LaPa'


def test_data_that_is_in_the_usual_place_only_is_found_there(here, monkeypatch):
    (here / 'data/LaPa').mkdir(parents=True)
    monkeypatch.setenv('DATA_PATH', '/big/data')
    assert roots(load_config('leaf.py'))[0] == 'data/LaPa'


def test_root_path_is_where_defaults_and_configs_start(here, monkeypatch, tmp_path):
    monkeypatch.setenv('ROOT_PATH', str(here))
    monkeypatch.chdir(tmp_path)
    cfg = load_config('leaf.py')
    assert cfg.work_dir == str(here / 'work_dirs/leaf')
    assert roots(cfg)[0] == str(here / 'data/LaPa')


def test_options_win(here, monkeypatch):
    monkeypatch.setenv('DATA_PATH', '/big/data')
    monkeypatch.setenv('LOG_PATH', '/big/logs')
    options = {'val_dataloader.dataset.data_root': 'mine', 'work_dir': 'my_runs'}
    cfg = load_config('leaf.py', options)
    assert roots(cfg)[:2] == ('/big/data/LaPa', 'mine')
    assert cfg.work_dir == 'my_runs'


def test_one_option_for_the_root_of_all_data_sets(here):
    with pytest.raises(UserError, match=r'have different ones .*train_dataloader.dataset.data_root'):
        load_config('leaf.py', {'data_root': 'mine'})
    (here / 'leaf.py').write_text(LEAF.replace("'/elsewhere/LaPa'", 'data_root'))
    cfg = load_config('leaf.py', {'data_root': 'mine', 'test_dataloader.dataset.data_root': 'other'})
    assert roots(cfg) == ('mine', 'mine', 'other')


@pytest.mark.parametrize(
    ('line', 'value'),
    [
        ('export DATA_PATH = /a b/c  # the big disk', '/a b/c'),
        ('DATA_PATH="/a b#c" # quoted', '/a b#c'),
        ('DATA_PATH= # not yet', None),
        ('OTHER=/a', None),
        ('DATA_PATH=${ROOT_PATH}/d\nROOT_PATH=/file', '/environment/d'),
    ],
)
def test_lines(here, monkeypatch, line, value):
    monkeypatch.setenv('ROOT_PATH', '/environment')
    (here / '.env').write_text(f'{line}\n', encoding='utf-8-sig')  # as editors of Windows do
    assert env_paths().get('DATA_PATH') == (value and Path(value))


def test_a_file_that_is_no_text(here):
    (here / '.env').write_text('DATA_PATH=/a', encoding='utf-16')  # PowerShell
    with pytest.raises(UserError, match=r'cannot read .*\.env .*save it as text in UTF-8'):
        load_config('leaf.py')
