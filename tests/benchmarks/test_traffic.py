"""The bytes that benchmarks/traffic.py counts against those counted by hand."""

import runpy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

BENCHMARKS = Path(__file__).parents[2] / 'benchmarks'


@pytest.fixture
def traffic(monkeypatch):
    monkeypatch.setenv('TRITON_INTERPRET', '0')  # the script sets it; this puts back what was there
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return runpy.run_path(str(BENCHMARKS / 'traffic.py'))['Traffic']()


def test_bytes_moved_and_memory(traffic):
    x, weight = torch.ones(2, 4, 6, 6), torch.ones(4, 1, 3, 3)  # 1152 and 144 bytes
    traffic.hold((x, weight))
    with traffic:
        y = F.conv2d(x, weight, padding=1, groups=4)
        y.flatten(1).t().relu_()  # two views and one operator, which reads and writes
        y = y.bfloat16()  # y in float32 goes
        y = y + y
    assert traffic.moved == {
        'convolution depthwise 3x3, float32': 1152 + 144 + 1152,
        'relu_, float32': 2 * 1152,
        '_to_copy, float32': 1152 + 576,
        'add, bfloat16': 3 * 576,
    }
    assert set(traffic.calls.values()) == {1}
    assert traffic.peak == 1152 + 144 + 1152 + 576
