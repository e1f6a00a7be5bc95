"""The tool that lists and fetches published weights."""

import runpy
from pathlib import Path

import pytest

from mmseg_facenext.checkpoints.zoo import ZOO
from mmseg_facenext.cli.command import COMMANDS
from mmseg_facenext.cli.commands.weights import listing
from mmseg_facenext.errors import UserError

ROOT = Path(__file__).parents[2]
SMALL = 'segnext.small.512x512.celebamaskhq.160k'


@pytest.fixture
def tool(tmp_path, monkeypatch):
    monkeypatch.setenv('FACENEXT_CACHE', str(tmp_path))
    monkeypatch.setenv('FACENEXT_OFFLINE', '')
    return runpy.run_path(str(ROOT / 'tools/weights.py'))['main']


def test_list(tool, capsys):
    tool(['list'])
    lines = capsys.readouterr().out.splitlines()
    assert all(any(f'{entry.name} ' in line for line in lines) for entry in ZOO)
    (line,) = [line for line in lines if f'{SMALL} ' in line]
    assert '167' in line
    assert '78.19' in line
    assert 'mIoU of 19 classes, CelebAMask-HQ, photos 28000 to 29999' in lines[0]
    assert 'data: CelebAMask-HQ: non-commercial research only' in lines[1]


def test_path_and_get(tool, tmp_path, capsys):
    tool(['path', 'segnext.small.celebamaskhq'])
    said = capsys.readouterr()
    file = Path(said.out.strip())
    assert file == tmp_path / 'weights' / SMALL / 'segnext.small.best_mIoU_iter_140000.pth'
    assert 'weights get' in said.err
    with pytest.raises(
        UserError, match=r'FACENEXT_OFFLINE \(--offline\) is set: download https://drive.user'
    ):
        tool(['get', SMALL, '--offline'])
    with pytest.raises(UserError, match=rf'no published weights are called .*; the nearest are {SMALL}'):
        tool(['get', 'segnext.small.512x512.celebamask.160k'])


def test_show(tool, capsys):
    tool(['show', SMALL])
    said = capsys.readouterr().out
    assert 'sha256: 0f87738b6b6f5dca82cc63298d3d625f81915a9c1ed3d0a359b8866b2b76b321' in said
    assert (
        'addresses: https://drive.usercontent.google.com/download?id=1FJDN1edNpUyx8Bv5Eo7JutAvbL9zFfn4'
        in said
    )
    assert 'label_space: celebamask_hq\n' in said


def test_mistakes_are_one_line_and_exit_1(tool, capsys, monkeypatch):
    monkeypatch.setenv('FACENEXT_OFFLINE', '1')
    for arguments in (
        ['weights', 'get', 'mscan.tinny'],
        ['weights', 'get', SMALL],
        ['publish', 'mscan.tiny', 'out.pth'],
        ['publish', 'mscan.tinny', 'out.pth'],
        ['parse', 'me.jpg', 'you.jpg', SMALL.replace('small', 'smal')],
    ):
        with pytest.raises(SystemExit) as ended:
            COMMANDS[arguments[0]].run(arguments[1:])
        said = capsys.readouterr().err.splitlines()
        assert ended.value.code == 1
        assert len(said) == 1
        assert said[0].startswith('error: ')


def test_the_docs_have_the_table():
    text = (ROOT / 'docs/weights.md').read_text()
    table = text.partition('<!-- tools/weights.py list --markdown -->\n')[2].partition('\n<!-- end -->')[0]
    assert table == listing(markdown=True)
