"""Every command in the documentation names a tool that is there and options that it knows."""

import re
import runpy
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / 'docs').glob('*.md')), ROOT / 'CONTRIBUTING.md', ROOT / 'demo/README.md']


def commands() -> list[tuple[str, str]]:
    """(page, command) of all lines `python tools/...` in code blocks."""
    found = []
    for page in PAGES:
        for block in re.findall(
            r'^ *```[a-z]*\n(.*?)^ *```', page.read_text(), flags=re.DOTALL | re.MULTILINE
        ):
            lines = block.replace('\\\n', ' ').splitlines()
            found += [
                (page.name, line) for line in lines if re.match(r'\s*(PYTHONPATH=\S+ )?python tools/', line)
            ]
    return found


@pytest.mark.parametrize(('page', 'command'), commands())
def test_options_are_known(page, command):
    tool, *arguments = shlex.split(command.split('python ')[1], comments=True)
    runpy.run_path(str(ROOT / tool))['parse_args'](arguments)


def test_there_are_commands():
    assert len(commands()) > 15
