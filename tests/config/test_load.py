"""Reading config files, and what is said about those that are none."""

import argparse

import pytest

from mmseg_facenext.cli.arguments import KeyValueAction
from mmseg_facenext.config.load import load_config
from mmseg_facenext.errors import UserError


def write(path, text: str):
    path.write_text(text)
    return path


def test_options_come_on_top_and_work_dir_is_filled_in(tmp_path):
    path = write(tmp_path / 'a.512x512.b.py', 'model = dict(backbone=dict(depth=1))')
    cfg = load_config(path, {'model.backbone.depth': 2})
    assert cfg.model.backbone.depth == 2
    assert cfg.work_dir == 'work_dirs/a.512x512.b'


def test_a_wrong_folder_suggests_the_right_one():
    name = 'segnext.tiny.512x512.celebamaskhq.160k.py'
    with pytest.raises(UserError, match=rf'did you mean local_configs/segnext/tiny/{name}'):
        load_config(f'configs/{name}')


@pytest.mark.parametrize(
    ('name', 'text', 'message'),
    [
        ('model.pth', 'x', r'model\.pth is no config'),
        ('typo.py', 'model = dict(', r'typo\.py cannot be read'),
        ('name.py', 'model = dict(depth=depht)', r'name\.py cannot be read: NameError.*depht'),
        ('base.py', '_base_ = "gone.py"', r'base\.py cannot be read.*gone'),
        ('part.py', 'data_root = "x"', r'part\.py has no `model`'),
        ('exit.py', 'import sys\nsys.exit(3)', r'exit\.py cannot be read: SystemExit: 3'),
        ('number.py', 'model = 3', r'number\.py has no dict `model` with a `backbone`'),
        (
            'bare.py',
            'model = dict(type="FaceEncoderDecoder")',
            r'bare\.py has no dict `model` with a `backbone`',
        ),
    ],
)
def test_files_that_are_no_config(tmp_path, name, text, message):
    with pytest.raises(UserError, match=message):
        load_config(write(tmp_path / name, text))


def test_a_folder_and_a_missing_file(tmp_path):
    with pytest.raises(UserError, match='is no config'):
        load_config(tmp_path)
    with pytest.raises(UserError, match='does not exist'):
        load_config(tmp_path / 'none.py')


def test_options_that_do_not_fit(tmp_path):
    path = write(tmp_path / 'a.py', 'model = dict(type="A", depth=1)')
    with pytest.raises(UserError, match=r'model\.depth\.x'):
        load_config(path, {'model.depth.x': 2})


@pytest.mark.parametrize('item', ['depth', '=2'])
def test_options_without_key_or_value(item, capsys):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=KeyValueAction)
    with pytest.raises(SystemExit) as left:
        parser.parse_args(['--cfg-options', 'a=1', item])
    assert left.value.code == 2
    assert f"expected KEY=VALUE, got '{item}'" in capsys.readouterr().err
    assert parser.parse_args(['--cfg-options', 'a=1', 'b.c=x=y']).cfg_options == {'a': 1, 'b.c': 'x=y'}


def test_a_misspelt_option_is_named(tmp_path):
    path = write(
        tmp_path / 'a.py',
        'model = dict(type="FaceEncoderDecoder", backbone=dict(type="MSCAN"))\ntrain_dataloader = dict()',
    )
    with pytest.raises(UserError, match='train_dataloder; did you mean train_dataloader'):
        load_config(path, {'train_dataloder.batch_size': 4})
    assert load_config(path, {'compile': True}).compile
