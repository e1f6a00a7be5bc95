"""Faces drawn by one tool, scored by the other."""

import json
import runpy
from pathlib import Path

import pytest
from PIL import Image

from mmseg_facenext.errors import UserError

TOOLS = Path(__file__).parents[2] / 'tools'


def run(tool, *arguments):
    runpy.run_path(str(TOOLS / f'{tool}.py'))['main']([str(argument) for argument in arguments])


def test_perfect_predictions(tmp_path, capsys):
    data, predicted = tmp_path / 'helen', tmp_path / 'predicted'
    run('make_synthetic_faces', data, '--layout', 'helen', '--count', 4, '--val-count', 2, '--image-size', 32)
    predicted.mkdir()
    for label in (data / 'test').glob('*_label.png'):
        Image.open(label).save(predicted / label.name.replace('_label', '_image'))
    capsys.readouterr()
    command = ('--label-space', 'helen', '--dataset', 'helen', '--data-root', data)
    run('evaluate_protocols', predicted, *command, '--network-size', 64, '--out', tmp_path / 'table.json')
    said = capsys.readouterr().out
    assert 'F1 overall: Lin et al. (2019)' in said
    rows = json.loads((tmp_path / 'table.json').read_text())['rows']
    assert [(row['size'], row['images']) for row in rows] == [('label size', 2), ('64x64', 2)]
    for row in rows:
        assert all(mean == pytest.approx(100) for mean in row['means'].values() if mean is not None)
    with pytest.raises(UserError, match=r'name a file that ends in .json'):
        run('evaluate_protocols', predicted, *command, '--out', tmp_path / 'table.txt')


@pytest.mark.parametrize(
    ('layout', 'said'), [('lapa', '0 for train, 1 for val, 1 for test'), ('helen', '0 for')]
)
def test_too_few_faces_to_split(tmp_path, layout, said):
    count = 2 if layout == 'lapa' else 1
    with pytest.raises(UserError, match=f'cannot split {count} faces into {said}'):
        run('make_synthetic_faces', tmp_path / 'x', '--layout', layout, '--count', count)


def test_a_tree_is_not_mixed_with_another_one(tmp_path):
    command = ('make_synthetic_faces', tmp_path / 'x', '--count', 3, '--image-size', 32)
    run(*command, '--layout', 'lapa')
    for other in (('--layout', 'helen'), ('--layout', 'lapa', '--seed', 1), ()):
        with pytest.raises(UserError, match='choose another folder or delete it'):
            run(*command, *other)
