"""Every benchmark starts and says what it does."""

import os
import runpy
from pathlib import Path

import pytest

import mmseg_facenext.register  # noqa: F401  -- before a script can change what it is imported with

SCRIPTS = [
    path
    for path in sorted((Path(__file__).parents[2] / 'benchmarks').glob('*.py'))
    if path.stem not in ('plain_segface', 'other_detectors')  # are imported by others
]


@pytest.mark.parametrize('path', SCRIPTS, ids=lambda path: path.stem)
def test_help(path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(path.parent)  # as `python benchmarks/x.py` has it
    monkeypatch.setattr(os, 'environ', os.environ.copy())  # traffic.py changes it
    script = runpy.run_path(str(path))
    with pytest.raises(SystemExit, match='0'):
        script['main'](['--help'])
    said = capsys.readouterr().out
    assert f'python benchmarks/{path.name}' in said
