import csv
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import summarize_predictions
from mmseg_facenext.errors import UserError
from mmseg_facenext.evaluation import EvaluationSummary, Protocol
from mmseg_facenext.inference.building import build_segmentor
from mmseg_facenext.visualization.score_charts import draw_confusion, largest_confusions, row_fractions

ROOT = Path(__file__).parents[2]
main = runpy.run_path(str(ROOT / 'tools/confusion_matrix.py'))['main']
score = runpy.run_path(str(ROOT / 'tools/test.py'))['main']


def summary_of(confusion, titles):
    protocol = Protocol(1, 1, (8, 8), (8, 8), 255, 0, 'mine')
    confusion = torch.as_tensor(confusion)
    return EvaluationSummary(confusion, tuple(titles), tuple(titles), ((0, 0, 0),) * len(titles), protocol)


def test_rows_add_up_and_the_largest_mistakes_come_first():
    summary = summary_of([[6, 2, 0], [5, 5, 0], [0, 0, 0]], ['skin', 'hair', 'hat'])
    fractions = row_fractions(summary)
    np.testing.assert_allclose(fractions[:2], [[0.75, 0.25, 0], [0.5, 0.5, 0]])
    assert np.isnan(fractions[2]).all()
    assert largest_confusions(summary) == [('hair', 'skin', 0.5), ('skin', 'hair', 0.25)]
    assert largest_confusions(summary, 1) == [('hair', 'skin', 0.5)]


@pytest.mark.parametrize('number', [1, 19, 150])
def test_any_number_of_classes_is_drawn(number, tmp_path):
    counts = torch.arange(number**2).view(number, number) % 97
    draw_confusion(summary_of(counts, [f'class number {i}' for i in range(number)]), tmp_path / 'a.png')
    picture = np.asarray(Image.open(tmp_path / 'a.png').convert('L'))
    assert min(picture.shape) >= max(400, 0.14 * 130 * number)
    assert picture.std() > 5


@pytest.fixture(scope='module')
def checkpoint(tiny_config_with_report, tmp_path_factory):
    torch.manual_seed(0)
    model = build_segmentor(load_config(tiny_config_with_report))
    torch.nn.init.normal_(model.decode_head.conv_seg.weight, std=3)
    file = tmp_path_factory.mktemp('weights') / 'tiny.pth'
    torch.save({'state_dict': model.state_dict()}, file)
    return file


def test_a_checkpoint_and_its_predictions_give_the_matrix_of_the_test(
    tiny_config_with_report, checkpoint, tmp_path, capsys
):
    config, run = str(tiny_config_with_report), ['--cfg-options', f'work_dir={tmp_path / "run"}']
    score([config, str(checkpoint), '--out', str(tmp_path / 'out'), '--work-dir', str(tmp_path / 'test')])
    expected = json.loads((tmp_path / 'test/per_class_test.json').read_text())['confusion']
    assert np.trace(expected) < np.sum(expected)  # there is something to mistake

    main([config, str(checkpoint), '--save-dir', str(tmp_path / 'a'), *run])
    main([config, str(tmp_path / 'out'), str(tmp_path / 'b'), *run])  # by position, as mmseg's tool has it
    for folder in ('a', 'b'):
        assert json.loads((tmp_path / folder / 'confusion_matrix.json').read_text())['confusion'] == expected
        header, *rows = csv.reader((tmp_path / folder / 'confusion_matrix.csv').open())
        assert header[:3] == ['label \\ prediction', 'background', 'skin']
        assert [[int(cell) for cell in row[1:]] for row in rows] == expected
        assert (tmp_path / folder / 'confusion_matrix.png').stat().st_size > 10_000
    assert 'taken for' in capsys.readouterr().out


def test_ids_before_the_reduction(tmp_path):
    """ADE20K's files call unlabelled 0 and the wall 1; so do the predictions that `--out` writes."""
    for folder, pixels in (
        ('images', np.zeros((2, 3, 3))),
        ('labels', [[0, 1, 1], [2, 2, 2]]),
        ('out', [[1, 1, 2], [2, 2, 1]]),
    ):
        (tmp_path / folder).mkdir()
        suffix = 'jpg' if folder == 'images' else 'png'
        Image.fromarray(np.uint8(pixels)).save(tmp_path / folder / f'a.{suffix}')
    config = tmp_path / 'ade.py'
    config.write_text(f"""
model = dict(backbone=dict(type='MSCAN'))
test_dataloader = dict(dataset=dict(
    type='ADE20KDataset', data_root={str(tmp_path)!r}, data_prefix=dict(img_path='images', seg_map_path='labels'),
    pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', reduce_zero_label=True),
        dict(type='PackFaceInputs'),
    ],
))
test_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
""")
    summary = summarize_predictions(load_config(config), tmp_path / 'out')
    assert summary.confusion[:2, :2].tolist() == [[1, 1], [1, 2]]
    assert summary.confusion.sum() == 5


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere.pth'], 'no checkpoint at nowhere.pth'),
        (['.'], r'no <image name>\.png in \.; `facenext test --out DIR` writes them'),
        (['.', '--color-theme', 'pink elephants'], "no colour theme 'pink elephants'"),
        (['.', '--cfg-options', 'test_evaluator=None'], 'nothing to compare with'),
    ],
)
def test_mistakes(tiny_config_with_report, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        main([str(tiny_config_with_report), *arguments])


def test_predictions_of_another_size(tiny_config_with_report, tmp_path):
    for name in (8, 9, 10):
        Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / f'{name}.png')
    with pytest.raises(UserError, match='label is 64x64 and the prediction 9x9'):
        main([str(tiny_config_with_report), str(tmp_path), '--save-dir', str(tmp_path)])
