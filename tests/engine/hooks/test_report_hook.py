import json

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from PIL import Image

from mmseg_facenext.analysis.training_logs import read_history
from mmseg_facenext.engine.hooks import ReportHook
from mmseg_facenext.engine.hooks.report_hook import report_training
from mmseg_facenext.evaluation import FaceMetric
from mmseg_facenext.taxonomy import LAPA
from mmseg_facenext.visualization.score_charts import draw_per_class
from mmseg_facenext.visualization.training_curves import smooth


class Model(BaseModel):
    """Learns one number and calls everything skin."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, inputs, data_samples=None, mode='loss'):
        if mode == 'loss':
            return {'loss_ce': self.weight**2, 'loss_dice': self.weight**2}
        pixels = torch.tensor([[[0, 0, 1, 1]]]), torch.ones(1, 1, 4).long()
        label, pred = ({'data': data} for data in pixels)
        return [{'gt_sem_seg': label, 'pred_sem_seg': pred, 'img_path': 'a.jpg'}]


class Data(torch.utils.data.Dataset):
    metainfo = {'classes': LAPA.classes, 'palette': LAPA.palette, 'label_space': 'lapa'}

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return {'inputs': torch.zeros(1)}


def build_runner(work_dir, max_iters, **kwargs):
    data = dict(batch_size=1, num_workers=0, dataset=Data())
    once = data | {'sampler': dict(type='DefaultSampler', shuffle=False)}
    name = f'{work_dir}_{max_iters}'
    return Runner(
        model=Model(),
        work_dir=str(work_dir),
        train_dataloader=data | {'sampler': dict(type='InfiniteSampler')},
        train_cfg=dict(by_epoch=False, max_iters=max_iters, val_interval=4),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
        val_dataloader=once,
        val_cfg=dict(),
        val_evaluator=[dict(type='mmseg.FaceMetric')],
        test_dataloader=once,
        test_cfg=dict(),
        test_evaluator=[dict(type='mmseg.FaceMetric', prefix='lapa')],
        default_hooks=dict(
            logger=dict(type='LoggerHook', interval=1, log_metric_by_epoch=False),
            checkpoint=dict(type='FaceCheckpointHook', by_epoch=False, interval=2),
        ),
        custom_hooks=[ReportHook()],
        log_processor=dict(by_epoch=False),
        visualizer=dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')], name=name),
        experiment_name=name,
        default_scope='mmseg',
        log_level='WARNING',
        **kwargs,
    )


def is_drawn(path):
    """Whether it is an image with something on it."""
    image = np.asarray(Image.open(path).convert('L'))
    return min(image.shape) > 500 and image.std() > 5


def write_log(work_dir, run, train, val=(), rest=''):
    path = work_dir / run / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    records = [{'step': i, 'iter': i, 'lr': 0.1, 'loss': loss} for i, loss in train]
    records += [{'step': i, 'mIoU': score} for i, score in val]
    path.write_text('\n'.join(map(json.dumps, records)) + rest)


def test_a_resumed_training_and_a_test_leave_their_pictures(tmp_path):
    first = build_runner(tmp_path, 4)
    first.train()
    (tmp_path / first.timestamp).rename(tmp_path / '20000101_000000')
    build_runner(tmp_path, 8, resume=True).train()
    build_runner(tmp_path, 9).test()

    history = read_history(tmp_path)
    assert history.curve('loss')[0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert history.curve('mIoU')[0].tolist() == [4, 8]
    assert history.resumed == [4]
    assert history.losses() == ['loss', 'loss_ce', 'loss_dice']
    for name in ('training_curve', 'per_class_val', 'per_class_test_lapa'):
        assert is_drawn(tmp_path / f'{name}.png')
    for name in ('per_class_val', 'per_class_test_lapa'):
        saved = json.loads((tmp_path / f'{name}.json').read_text())
        # two pixels of background and two of skin, all called skin
        assert [c['iou'] for c in saved['classes']] == [0.0, 50.0] + [None] * 9


def test_a_report_that_fails_is_a_warning(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError('no space left')

    monkeypatch.setattr('mmseg_facenext.visualization.training_curves.draw_training_curve', fail)
    runner = build_runner(tmp_path, 1)
    warnings = []
    monkeypatch.setattr(runner.logger, 'warning', warnings.append)
    runner.train()
    assert 'report_training could not be completed: OSError: no space left' in warnings


def test_a_later_run_replaces_what_it_repeats(tmp_path):
    write_log(
        tmp_path,
        '2001',
        [(1, 9.0), (2, 8.0), (3, 7.0), (4, 6.0)],
        [(2, 20.0), (4, 40.0)],
        '\n{"step": 5, "it',
    )
    write_log(tmp_path, '2002', [(3, 5.0), (4, 4.0)], [(4, 50.0)])
    write_log(tmp_path, '2003', [], [(0, 99.0)])  # no training
    history = read_history(tmp_path)
    assert history.curve('loss')[1].tolist() == [9, 8, 5, 4]
    assert history.curve('mIoU')[1].tolist() == [20, 50]
    assert history.resumed == [2]


def test_a_training_from_the_start_forgets_an_earlier_one(tmp_path):
    write_log(tmp_path, '2001', [(1, 9.0), (2, 8.0)])
    write_log(tmp_path, '2002', [(1, 5.0)])
    history = read_history(tmp_path)
    assert history.curve('loss')[1].tolist() == [5]
    assert history.resumed == []


def test_values_that_are_no_numbers_leave_gaps(tmp_path):
    write_log(tmp_path, '2001', [(1, 9.0), (2, float('nan')), (3, 8.0)])
    steps, values = read_history(tmp_path).curve('loss')
    assert (steps.tolist(), values.tolist()) == ([1, 3], [9, 8])


def test_without_validation_there_is_still_a_curve(tmp_path):
    write_log(tmp_path, '2001', [(50, 9.0)])
    report_training(tmp_path)
    assert is_drawn(tmp_path / 'training_curve.png')


def test_without_training_there_is_no_curve(tmp_path):
    report_training(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_smoothing_averages_the_neighbours():
    values = np.arange(120.0)
    values[60] += 5
    smoothed = smooth(values)  # windows of 2 + 1 + 2
    np.testing.assert_allclose(smoothed[57:64], [57, 59, 60, 61, 62, 63, 63])
    np.testing.assert_allclose(smoothed[[0, 1, -1]], [1, 1.5, 118])
    np.testing.assert_allclose(smooth(values[:10]), values[:10])


@pytest.mark.parametrize('classes', [('a',), tuple(f'a long class title {i}' for i in range(60))])
def test_any_number_of_classes_fits(tmp_path, classes):
    metric = FaceMetric()
    metric.dataset_meta = {'classes': classes}
    data = {'data': torch.zeros(1, 2, 2).long()}
    metric.process(None, [{'gt_sem_seg': data, 'pred_sem_seg': data, 'img_path': 'a'}])
    metric.evaluate(1)
    draw_per_class(metric.summary, tmp_path / 'picture.png')
    assert Image.open(tmp_path / 'picture.png').width == round(10.5 * 130)
