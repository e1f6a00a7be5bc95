import json
import runpy
from pathlib import Path

import pytest

from mmseg_facenext.errors import UserError

ROOT = Path(__file__).parents[2]
TOOL = str(ROOT / 'tools' / 'get_flops.py')
TINY = str(ROOT / 'local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py')
main = runpy.run_path(TOOL)['main']


def test_table(capsys):
    """4,229,747 is the published size of SegNeXt-T; test_flops.py says where its 6.30 G MACs have gone."""
    main([TINY, '--shape', '512', '512', '--depth', '1'])
    said = capsys.readouterr().out
    rows = [line.split()[1] for line in said.splitlines() if line.endswith('% |')]
    assert rows == ['total', 'backbone', 'decode_head']
    assert '5.64 G multiply-accumulates, 4,229,747 parameters' in said


def test_json_adds_up(capsys):
    """It is all that is printed."""
    main([TINY, '--shape', '64', '--depth', '1', '--json'])
    cost = json.loads(capsys.readouterr().out)
    assert cost['shape'] == [3, 64, 64]
    for key in ('macs', 'parameters'):
        assert cost[key] == sum(module[key] for module in cost['modules'])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nope.py'], r'config nope\.py does not exist'),
        ([TINY, '--cfg-options', 'model.backbone.type=Nope'], 'cannot build the model'),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(UserError, match=message):
        main(arguments)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--shape', '1', '2', '3'], '--shape: expected height and width, got 3 numbers'),
        (['--shape', '0'], "expected a whole number of at least 1, got '0'"),
        (['--depth', '-1'], '--depth must not be negative'),
    ],
)
def test_mistyped_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit, match='2'):
        main([TINY, *arguments])
    assert message in capsys.readouterr().err
