import runpy
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmseg_facenext.config.load import load_config
from mmseg_facenext.config.text import config_text
from mmseg_facenext.errors import UserError

ROOT = Path(__file__).parents[2]
TINY = str(ROOT / 'local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py')
main = runpy.run_path(str(ROOT / 'tools/print_config.py'))['main']


def test_what_is_printed_loads_to_the_same_config(tmp_path, capsys):
    main([TINY, '--cfg-options', 'train_dataloader.batch_size=3'])
    copy = tmp_path / 'segnext.tiny.512x512.celebamaskhq.160k.py'
    copy.write_text(capsys.readouterr().out)
    expected = load_config(TINY, {'train_dataloader.batch_size': 3})
    assert load_config(copy).to_dict() == expected.to_dict()
    assert load_config(copy).train_dataloader.batch_size == 3


def test_a_file_holds_what_would_be_printed_and_has_a_work_dir_of_its_own(tmp_path, capsys):
    main([TINY, '--out', str(tmp_path / 'new/mine.py')])
    assert 'mine.py' in capsys.readouterr().out
    written, expected = load_config(tmp_path / 'new/mine.py'), load_config(TINY)
    assert written.pop('work_dir') == 'work_dirs/mine'
    expected.pop('work_dir')
    assert written.to_dict() == expected.to_dict()


@pytest.mark.parametrize(
    ('key', 'text'),
    [
        ('optim_wrapper.optimizer.lr', 'lr = 6e-05\n'),
        ('custom_hooks.0', "setting_0 = dict(type='NanGuardHook')\n"),
        ('custom_hooks.0.type', "type = 'NanGuardHook'\n"),
    ],
)
def test_one_setting(key, text, capsys):
    main([TINY, '--key', key])
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--key', 'model.bacbone'], r'no model\.bacbone: in model there is .*did you mean backbone'),
        (['--key', 'nothing'], 'at the top there is'),
        (['--key', 'custom_hooks.9'], r'in custom_hooks there is 0, 1, 2, 3'),
        (['--key', 'load_from.x'], 'nothing below it'),
        (['--out', 'mine.txt'], r'ends in \.py'),
        (['--out', TINY], 'another file'),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(UserError, match=message):
        main([TINY, *arguments])


def test_a_config_made_in_python_has_text_too():
    cfg = Config(dict(model=dict(a=[1, (2,)], b={'not a name': 'x' * 50, 'c': 'y' * 50})))
    lines = ('model = dict(', '    a=[1, (2,)],', '    b={', f"        'not a name': '{'x' * 50}',", '')
    assert config_text(cfg, 'model').startswith('\n'.join(lines))


def test_values_that_python_does_not_print_as_it_reads_them():
    values = dict(max_norm=float('inf'), least=-float('inf'), lr=np.float64(0.5), names={'class': 1})
    assert Config.fromstring(config_text(Config(dict(model=values))), '.py').model == values
