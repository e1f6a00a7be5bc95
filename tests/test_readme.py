"""The README does what it says: `bash` and `python` blocks are run, `sh` blocks (GPUs, real data) are parsed."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from mmseg_facenext.cli.facenext import find_command
from mmseg_facenext.config.find import find_config
from mmseg_facenext.config.load import load_config
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.synthetic.faces import write_celebamask_tree

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text()
QUICKSTART = 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py'


def blocks(language: str) -> list[str]:
    return re.findall(rf'^```{language}\n(.*?)^```', README, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope='module')
def after_quickstart(tmp_path_factory) -> Path:
    """A folder as the quickstart leaves it, with few faces and random weights."""
    folder = tmp_path_factory.mktemp('readme')
    for name in ('tools', 'local_configs', 'docs'):
        (folder / name).symlink_to(ROOT / name)
    write_celebamask_tree(
        folder / 'data/synthetic_faces', 3, val_count=1, image_size=64, mask_size=64, workers=1
    )
    (folder / 'work_dirs/quickstart').mkdir(parents=True)
    model = build_segmentor(load_config(ROOT / QUICKSTART))
    torch.save({'state_dict': model.state_dict()}, folder / 'work_dirs/quickstart/iter_1400.pth')
    return folder


def run(folder: Path, *command: str) -> None:
    path = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, 'PATH': path}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


def test_the_first_command_runs(after_quickstart):
    run(after_quickstart, 'bash', '-euc', blocks('bash')[0])


def test_other_bash_blocks_run(after_quickstart, monkeypatch):
    """Line by line in this process: each start of Python would import everything again."""
    monkeypatch.chdir(after_quickstart)
    for line in '\n'.join(blocks('bash')[1:]).splitlines():
        line = os.path.expandvars(line)
        if variable := re.fullmatch(r'([A-Z]+)=(\S+)', line):
            monkeypatch.setenv(*variable.groups())
            continue
        program, tool, *arguments = shlex.split(line)
        assert program == 'python', line
        load_tool(ROOT / tool).main(arguments)


@pytest.mark.parametrize('block', blocks('python'))
def test_python_blocks_run(after_quickstart, block, monkeypatch):
    monkeypatch.chdir(after_quickstart)
    exec(compile(block, 'README.md', 'exec'), {})


def load_tool(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_other_commands_exist_and_know_their_options():
    for line in '\n'.join(blocks('sh')).replace('\\\n', ' ').splitlines():
        if not (words := shlex.split(line, comments=True)):
            continue
        command, *arguments = words
        if command == 'facenext':
            named, rest = find_command(arguments)
            args = named.parse_args(rest)
            if 'config' in args:
                find_config(args.config)
            continue
        if command == 'python':
            load_tool(ROOT / arguments[0]).parse_args(arguments[1:])
            continue
        assert os.access(ROOT / command, os.X_OK), command
        for config in (a for a in arguments if a.endswith('.py')):
            load_config(ROOT / config)
        if 'dist_' in command:
            positions = 2 if 'train' in command else 3
            assert arguments[positions - 1].isdigit()
            tool = ROOT / 'tools' / f'{Path(command).stem.removeprefix("dist_")}.py'
            load_tool(tool).parse_args([*arguments[: positions - 1], *arguments[positions:]])


def test_links_lead_somewhere():
    for target in re.findall(r'\]\(([^)#]+)', README):
        assert target.startswith('https://') or (ROOT / target).exists(), target
