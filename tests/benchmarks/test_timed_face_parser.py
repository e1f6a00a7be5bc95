"""What benchmarks/timed_face_parser.py does to the weights that it trained."""

import importlib
from pathlib import Path

import pytest
import torch

from mmseg_facenext.taxonomy import CELEBAMASK_HQ

BENCHMARKS = Path(__file__).parents[2] / 'benchmarks'


def test_classes_become_as_rare_as_in_photos(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    script = importlib.import_module('timed_face_parser')
    monkeypatch.setitem(script.SHOWN, 'hat', (0.1, 0.4))
    torch.save({'state_dict': {'decode_head.conv_seg.bias': torch.zeros(19)}}, tmp_path / 'before.pth')
    file = script.as_rare_as_in_photos(tmp_path / 'before.pth', tmp_path / 'after.pth')
    bias = torch.load(file)['state_dict']['decode_head.conv_seg.bias']
    # one pixel for which hat and hair were as likely as each other: among photos with a quarter of the hats, 1 to 4
    odds = torch.exp(bias[CELEBAMASK_HQ.classes.index('hat')] - bias[CELEBAMASK_HQ.classes.index('hair')])
    assert odds.item() == pytest.approx(1 / 4)
    assert (bias != 0).sum() == len(script.SHOWN)
