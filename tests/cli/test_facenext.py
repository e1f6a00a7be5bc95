"""The command `facenext`: its list of commands, the help of each, and how it ends."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmseg_facenext import __main__, __version__
from mmseg_facenext.cli import arguments
from mmseg_facenext.cli.command import COMMANDS
from mmseg_facenext.cli.commands import browse, protocols, train
from mmseg_facenext.cli.commands.data import synthetic
from mmseg_facenext.cli.facenext import build_tree, list_commands, main
from mmseg_facenext.config.find import config_names
from mmseg_facenext.engine import distributed, training
from mmseg_facenext.evaluation import benchmarks
from mmseg_facenext.visualization import browsing

ROOT = Path(__file__).parents[2]


def facenext(*words: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, '-m', 'mmseg_facenext', *words]
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), **environment}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


def test_every_script_is_a_command():
    scripts = {path.stem for path in (ROOT / 'tools').glob('*.py')}
    assert scripts == {command.tool for command in COMMANDS.values()} - {''}


@pytest.mark.parametrize('name', COMMANDS)
def test_help_has_an_example(name, capsys):
    with pytest.raises(SystemExit, match='0'):
        main([*name.split(), '--help'])
    assert f'    facenext {name} ' in capsys.readouterr().out


def test_the_list_names_all_commands_and_those_of_a_group(capsys):
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    said = capsys.readouterr().out
    assert all(f'  {name} ' in said for name in COMMANDS)
    with pytest.raises(SystemExit, match='0'):
        main(['data'])
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith('  ')] == [
        'new',
        'check',
        'convert',
        'synthetic',
        'prepare',
    ]
    assert list_commands('data') in said or 'data synthetic' in said


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['trian'], "no command 'trian'; did you mean `facenext train`?"),
        (['data', 'sintetic'], "no command 'data sintetic'; did you mean `facenext data synthetic`?"),
        (['xyz'], '`facenext --help` lists them'),
        (['--xyz'], 'unrecognized arguments: --xyz'),
        (['train'], 'required: CONFIG'),
    ],
)
def test_mistakes_end_with_2(words, said, capsys):
    with pytest.raises(SystemExit, match='2'):
        main(words)
    assert said in capsys.readouterr().err


def test_choices_are_those_of_the_functions_behind_them():
    """They are written twice, because the help must not import what knows them."""
    assert arguments.LAUNCHERS == distributed.LAUNCHERS
    assert tuple(training.AMP_WRAPPERS) == train.PRECISIONS
    assert browse.PHASES == browsing.PHASES
    assert tuple(benchmarks.BENCHMARKS) == protocols.BENCHMARKS
    for layout in synthetic.LAYOUTS:
        assert layout in synthetic.writers()


def test_version_and_help_import_nothing_heavy():
    """What a second allows: the list of modules says it whatever the machine."""
    code = (
        'import sys; from mmseg_facenext.cli.facenext import run; sys.argv = ["facenext", *sys.argv[1:]]\n'
        'try: run()\n'
        'except SystemExit: print(*{"torch", "mmseg", "mmengine", "mmcv", "matplotlib", "cv2"} & set(sys.modules))'
    )
    for words in (['--version'], ['--help'], ['train', '--help'], ['protocols', '--help'], ['parse', '-h']):
        done = subprocess.run([sys.executable, '-c', code, *words], capture_output=True, text=True, cwd=ROOT)
        assert done.stdout.splitlines()[-1] == '', (words, done.stdout, done.stderr)


def test_module_prints_the_version():
    assert facenext('--version').stdout == f'mmseg_facenext {__version__}\n'


def test_ctrl_c_during_imports_is_one_line(monkeypatch, capsys):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr('mmseg_facenext.cli.facenext.run', interrupted)
    with pytest.raises(SystemExit, match='130'):
        __main__.run()
    assert capsys.readouterr().err == 'interrupted\n'


def test_a_reader_that_stops_early_is_no_defect():
    shell = f'{sys.executable} -m mmseg_facenext config | head -n 1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(['bash', '-c', shell], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == config_names()[0]
    assert not done.stderr


def test_a_shell_completes_commands_options_and_configs(tmp_path):
    def completions(line: str) -> list[str]:
        out = tmp_path / 'completions'
        facenext(
            _ARGCOMPLETE='1', COMP_LINE=line, COMP_POINT=str(len(line)), _ARGCOMPLETE_STDOUT_FILENAME=str(out)
        )
        return [word.strip() for word in out.read_text().split('\013')]

    assert completions('facenext tr') == ['train']
    assert completions('facenext data s') == ['synthetic']
    assert completions('facenext train --res') == ['--resume', '--resume-from']
    assert completions('facenext train segnext.tiny.512x512.lapa.8') == ['segnext.tiny.512x512.lapa.80k']


def test_the_tree_for_completion_has_every_command():
    tree = build_tree()
    for name in COMMANDS:
        parser = tree
        for word in name.split():
            (choices,) = (
                action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)
            )
            parser = choices[word]
