"""Tools say what they are for."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = sorted(path.stem for path in (ROOT / 'tools').glob('*.py'))
MMSEGS = ('browse_dataset', 'print_config', 'analyze_logs', 'confusion_matrix', 'publish_model', 'benchmark')


@pytest.mark.parametrize('tool', TOOLS)
def test_help_has_an_example(tool, capsys):
    with pytest.raises(SystemExit, match='0'):
        runpy.run_path(str(ROOT / f'tools/{tool}.py'))['parse_args'](['--help'])
    assert f'    python tools/{tool}.py ' in capsys.readouterr().out


def test_the_docs_name_tools_that_exist():
    named = re.findall(r'tools/(\w+\.(?:py|sh))', (ROOT / 'docs/tools.md').read_text())
    assert {f'{tool}.py' for tool in MMSEGS} < set(named)
    for name in named:
        assert (ROOT / 'tools' / name).exists(), name
