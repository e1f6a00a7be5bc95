import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmseg_facenext.analysis.training_logs import choose_quantities, read_histories, read_history
from mmseg_facenext.errors import UserError

TOOL = Path(__file__).parents[2] / 'tools/analyze_logs.py'
main = runpy.run_path(str(TOOL))['main']


def write_lines(path, records, rest=''):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(map(json.dumps, records)) + rest)
    return path


def step(iteration, loss, **more):
    return {'iter': iteration, 'step': iteration, 'loss': loss, 'lr': 0.1, 'time': 0.5, **more}


@pytest.fixture
def work_dir(tmp_path):
    """Stopped at 40, resumed from 20, best score at 40."""
    folder = tmp_path / 'mine'
    first = [step(10, 3.0), step(20, 2.0), {'mIoU': 50.0, 'time': 9.0, 'step': 20}, step(30, 9.0)]
    later = [step(30, 1.0, memory=70), step(40, 0.05), {'mIoU': 60.0, 'step': 40}, step(50, 0.4)]
    write_lines(folder / '20260101_000000/vis_data/scalars.json', first)
    write_lines(folder / '20260102_000000/vis_data/scalars.json', [*later, {'mIoU': 55.0, 'step': 50}])
    return folder


def old_log(path):
    """As mmcv 0.x wrote it: settings first, scores as fractions, with the number of images as `iter`."""
    train = [
        {'mode': 'train', 'epoch': 1, 'iter': i, 'lr': 6e-5, 'loss': 1 / i, 'time': 0.2, 'data_time': 0.05}
        for i in (50, 100, 150, 200)
    ]
    scores = {'mode': 'val', 'epoch': 1, 'iter': 2000, 'lr': 6e-5, 'aAcc': 0.9, 'mIoU': 0.4, 'IoU.wall': 0.7}
    settings = {'env_info': 'sys.platform: linux\nPython: 3.8', 'seed': 0, 'config': 'a = 1'}
    return write_lines(path, [settings, *train[:2], scores, *train[2:], {**scores, 'mIoU': 0.5}])


def test_best_is_the_highest_score_and_the_lowest_loss(work_dir):
    history = read_history(work_dir)
    assert history.best('mIoU') == (40, 60)
    assert history.best('loss') == (40, 0.05)
    assert history.best('lr') is None
    assert history.quantities() == ['loss', 'lr', 'time', 'memory', 'mIoU']
    assert history.describe() == (
        '50 iterations, resumed after 20, 0.500 s an iteration (mean of 5 log lines), 70 MB at most'
    )


def test_a_work_dir_a_run_and_a_file_are_read(work_dir):
    run = work_dir / '20260102_000000'
    for path in (run, run / 'vis_data', run / 'vis_data/scalars.json'):
        assert read_history(path).curve('loss')[0].tolist() == [30, 40, 50]
        assert list(read_histories([str(path)])) == ['mine']


def test_logs_of_the_old_generation(tmp_path):
    history = read_history(old_log(tmp_path / 'old/20220101_000000.log.json').parent)
    steps, values = history.curve('mIoU')
    assert (steps.tolist(), values.tolist()) == ([100, 200], [40, 50])
    assert history.curve('IoU.wall')[1].tolist() == pytest.approx([70, 70])
    assert history.curve('loss')[1].tolist() == [1 / 50, 1 / 100, 1 / 150, 1 / 200]
    assert history.curve('lr')[1].tolist() == [6e-5] * 4
    assert '0.200 s an iteration (mean of 4 log lines, 25% of it waiting for data)' in history.describe()


def test_scores_logged_by_epoch_go_to_the_iteration_before_them(tmp_path):
    train = [step(100 * epoch, 1.0, epoch=epoch) for epoch in (1, 2)]
    val = [{'mIoU': 7.0 * epoch, 'step': epoch} for epoch in (1, 2)]
    log = write_lines(tmp_path / 'scalars.json', [train[0], val[0], train[1], val[1]])
    assert [axis.tolist() for axis in read_history(log).curve('mIoU')] == [[100, 200], [7, 14]]


def test_picture_and_table(work_dir, tmp_path, capsys):
    old = old_log(tmp_path / 'old/20220101_000000.log.json')
    out = tmp_path / 'pictures/both.png'
    main([str(work_dir), str(old), '--keys', 'mIoU', 'loss', 'memory', '--out', str(out), '--title', 'Both'])
    said = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in said.splitlines() if '|' in line]
    assert ['mine', 'mIoU', '55', '60', '40'] in rows
    assert ['old', 'mIoU', '50', '50', '200'] in rows
    assert ['old', 'memory', '-', '-', '-'] in rows
    picture = np.asarray(Image.open(out).convert('L'))
    assert picture.shape[0] > 3 * 300
    assert picture.std() > 5


def test_what_is_drawn_by_default(work_dir, tmp_path):
    histories = read_histories([str(work_dir)])
    assert choose_quantities(histories, None) == ['mIoU', 'loss', 'lr']
    write_lines(tmp_path / 'a.log.json', [step(1, 1.0, base_lr=0.2), step(2, float('nan'), base_lr=0.2)])
    assert choose_quantities(read_histories([str(tmp_path)]), None) == ['loss', 'base_lr']
    both = read_histories([str(work_dir), str(tmp_path)])
    assert choose_quantities(both, None) == ['mIoU', 'loss', 'lr']


def test_names_are_told_apart(tmp_path):
    logs = [str(old_log(tmp_path / parent / 'run/1.log.json').parent) for parent in ('a', 'b')]
    assert list(read_histories(logs)) == logs
    assert list(read_histories(logs, ['one', 'two'])) == ['one', 'two']


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere'], 'no work dir or log file nowhere'),
        (['empty'], r'no training was logged in empty.*scalars\.json'),
        (['text.log'], r'text\.log is no JSON log: expected lines'),
        (['broken.json'], r'broken\.json is no JSON log: .*line 1'),
        (['mine', '--keys', 'mIou'], r'mIou was not logged; did you mean mIoU\? There are: loss, lr'),
        (['mine', '--legend', 'a', 'b'], '2 names for 1 logs'),
        (['mine', 'mine'], 'not all different'),
        (['mine', '--out', 'curves.txt'], 'expected a name that ends in'),
    ],
)
def test_mistakes(arguments, message, work_dir, monkeypatch):
    monkeypatch.chdir(work_dir.parent)
    Path('empty').mkdir()
    Path('text.log').write_text('2026 - mmengine - INFO - hello\n')
    Path('broken.json').write_text('{"iter": 1\n}\n')
    with pytest.raises(UserError, match=message):
        main(arguments)


def test_runs_follow_their_iterations_where_a_clock_was_set_back(tmp_path):
    """Named by their times, the second run would come last and the third first."""
    runs = {'20260103': (1, 100), '20260102': (101, 200), '20260101': (161, 300), '20260104': (281, 400)}
    for name, (first, last) in runs.items():
        log = tmp_path / f'{name}_000000/vis_data/scalars.json'
        log.parent.mkdir(parents=True)
        lines = (json.dumps(dict(loss=int(name), iter=n, step=n)) for n in range(first, last + 1, 10))
        log.write_text('\n'.join(lines))
    history = read_history(tmp_path)
    steps, losses = history.curve('loss')
    assert steps.tolist() == list(range(1, 400, 10))
    assert losses[-1] == 20260104
    assert losses[20] == 20260101
    assert history.resumed == [91, 151, 271]
