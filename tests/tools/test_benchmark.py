import json
import runpy
from pathlib import Path

import pytest
import torch

from mmseg_facenext.analysis.model_timing import time_model
from mmseg_facenext.analysis.timing import joined
from mmseg_facenext.errors import UserError

ROOT = Path(__file__).parents[2]
QUICKSTART = str(ROOT / 'local_configs/segnext/tiny/segnext.tiny.128x128.syntheticfaces.quickstart.py')
SMALL = ['--shape', '32', '48', '--passes', '3', '--repeat-times', '2', '--warmup', '1', '--device', 'cpu']
main = runpy.run_path(str(ROOT / 'tools/benchmark.py'))['main']


class Counting(torch.nn.Module):
    """Notes how it is called."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))
        self.calls = []

    def forward(self, inputs, mode):
        self.calls.append((mode, inputs.shape, (inputs @ inputs.mT).dtype))
        return inputs

    def inference(self, inputs, metas):
        assert [meta['img_shape'] for meta in metas] == [(8, 8)] * 2
        return self(inputs, 'inference')


def test_both_are_called_as_often_as_asked_in_the_precision_asked():
    model, said = Counting(), []
    runs = time_model(
        model,
        (2, 3, 8, 8),
        precision='bf16',
        passes=5,
        repeat_times=2,
        warmup=3,
        log_interval=2,
        tell=lambda stage, times: said.append((stage, len(times['labels'].seconds))),
    )
    assert said == [(f'run {run}, pass {done}', done) for run in (1, 2) for done in (2, 4, 5)]
    assert len(joined(runs)['network'].seconds) == 10
    assert {mode for mode, _, _ in model.calls} == {'tensor', 'inference'}
    assert len(model.calls) == 2 * (3 + 1 + 10)
    assert {call[1:] for call in model.calls} == {((2, 3, 8, 8), torch.bfloat16)}


def test_what_is_said(capsys):
    main([QUICKSTART, *SMALL, '--batch-size', '2', '--log-interval', '2'])
    said = capsys.readouterr().out
    for piece in (
        '2x3x32x48',
        'random weights',
        'fused: True',
        'threads, fp32, torch',
        'run 2, pass 3: network',
    ):
        assert piece in said
    assert 'Median of 2 runs of 3 passes' in said


def test_json(capsys, tmp_path):
    main([QUICKSTART, *SMALL, '--json', '--no-fuse', '--amp', 'bf16', '--batch-size', '3'])
    measured = json.loads(capsys.readouterr().out)
    assert measured['fused'] is False
    assert 'bf16' in measured['hardware']
    for result in measured['results'].values():
        assert result['fps'] == pytest.approx(3000 / result['median_ms'])
        assert result['repeats'] == 6
        assert len(result['fps_of_runs']) == 2


def test_an_impossible_size_is_one_line():
    model = Counting()
    model.forward = lambda inputs, mode: inputs @ inputs
    with pytest.raises(UserError, match=r'cannot take a batch of 1x3x4x6 \(NxCxHxW\) on cpu: Expected size'):
        time_model(model, (1, 3, 4, 6))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--shape', '1', '2', '3'], 'expected height and width, got 3 numbers'),
        (['--batch-size', '0'], "at least 1, got '0'"),
        (['--amp', 'int8'], 'invalid choice'),
    ],
)
def test_mistyped_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit, match='2'):
        main([QUICKSTART, *arguments])
    assert message in capsys.readouterr().err
