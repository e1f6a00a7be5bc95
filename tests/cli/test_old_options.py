"""Command lines of mmsegmentation 0.x, as people type them by habit."""

import importlib.util
from pathlib import Path

import pytest

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import prepare_test
from mmseg_facenext.errors import UserError

ROOT = Path(__file__).parents[2]


def parse(tool: str, *argv: str):
    spec = importlib.util.spec_from_file_location(tool, ROOT / 'tools' / f'{tool}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.parse_args(argv)


def test_names_that_still_work():
    train = parse('train', 'config.py', '--auto-resume', '--options', 'data.samples_per_gpu=4')
    assert train.resume
    assert train.cfg_options == {'data.samples_per_gpu': 4}
    assert parse('test', 'config.py', 'model.pth', '--aug-test').tta


@pytest.mark.parametrize(
    ('argv', 'remedy'),
    [
        (('train', 'config.py', '--gpu-ids', '0', '1'), 'CUDA_VISIBLE_DEVICES'),
        (('train', 'config.py', '--no-validate'), 'val_begin'),
        (('train', 'config.py', '--diff_seed'), 'diff_rank_seed'),
        (('test', 'config.py', 'model.pth', '--show'), '--show-dir DIR'),
        (('test', 'config.py', 'model.pth', '--format-only'), '--out DIR'),
        (('test', 'config.py', 'model.pth', '--eval-options', 'efficient_test=True'), '--eval'),
    ],
    ids=lambda value: value if isinstance(value, str) else value[-1],
)
def test_others_name_what_to_use(argv, remedy):
    with pytest.raises(UserError, match=remedy):
        parse(*argv)


def test_predictions_are_not_pickled(tiny_config):
    with pytest.raises(UserError, match='name a folder'):
        prepare_test(load_config(tiny_config), 'model.pth', out='results.pkl')
