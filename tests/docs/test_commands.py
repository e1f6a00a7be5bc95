"""Every command in the documentation is there and knows its options."""

import re
import runpy
import shlex
from pathlib import Path

import pytest

from mmseg_facenext.cli.facenext import find_command

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / 'docs').glob('*.md')), ROOT / 'CONTRIBUTING.md', ROOT / 'demo/README.md']


def commands() -> list[tuple[str, str]]:
    """(page, command) of all lines `facenext ...` and `python tools/...` in code blocks."""
    found = []
    for page in PAGES:
        for block in re.findall(
            r'^ *```[a-z]*\n(.*?)^ *```', page.read_text(), flags=re.DOTALL | re.MULTILINE
        ):
            for line in block.replace('\\\n', ' ').splitlines():
                if command := re.match(r'\s*(?:PYTHONPATH=\S+ )?((?:facenext|python tools/).*)', line):
                    found.append((page.name, command[1]))
    return found


@pytest.mark.parametrize(('page', 'line'), commands())
def test_options_are_known(page, line):
    first, *arguments = shlex.split(line, comments=True)
    if first == 'facenext':
        command, rest = find_command(arguments)
        assert command, line
        command.parse_args(rest)
    else:
        tool, *rest = arguments
        runpy.run_path(str(ROOT / tool))['parse_args'](rest)


def test_there_are_commands():
    assert len(commands()) >= 25
