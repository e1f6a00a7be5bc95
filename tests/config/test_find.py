"""Configs by name, by path, from anywhere."""

import pytest

from mmseg_facenext.config.find import config_folder, config_names, find_config
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError

NAME = 'segnext.tiny.512x512.celebamaskhq.160k'


@pytest.mark.parametrize(
    'given',
    [NAME, f'{NAME}.py', f'local_configs/segnext/tiny/{NAME}.py', f'segnext/tiny/{NAME}.py'],
)
def test_a_config_of_the_package_is_found_in_any_folder(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_config(given) == config_folder() / 'segnext' / 'tiny' / f'{NAME}.py'


def test_what_is_in_the_working_directory_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f'{NAME}.py').write_text('model = dict()')
    assert find_config(f'{NAME}.py').samefile(tmp_path / f'{NAME}.py')
    assert find_config(NAME) == config_folder() / 'segnext' / 'tiny' / f'{NAME}.py'


def test_names_are_unique_and_leave_out_bases():
    files = [path for path in config_folder().rglob('*.py') if '_base_' not in path.parts]
    assert len(files) == len(config_names()) == len(set(config_names()))
    assert 'default_runtime' not in config_names()


def test_work_dir_is_named_after_the_config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_config(NAME).work_dir == f'work_dirs/{NAME}'


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ('segnext.tiny.512x512.celebamaskhq.16k', f'did you mean {NAME}'),
        (f'wrong/folder/{NAME}.py', f'did you mean local_configs/segnext/tiny/{NAME}.py\\?'),
        ('nothing_like_it', '`facenext config` lists'),
        ('.', 'is no config: expected a .py / .yaml / .yml / .json file, got a folder'),
        ('photo.jpg', 'photo.jpg is no config: expected a .py'),
    ],
)
def test_mistakes(given, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'photo.jpg').touch()
    with pytest.raises(UserError, match=message):
        find_config(given)
