"""Trainings that were moved, logs, overfitting, photos of several sizes, mmseg's own functions."""

import json
import re
import shutil
from pathlib import Path

import mmseg.apis
import pytest
import torch
from mmengine.config import Config
from PIL import Image

from mmseg_facenext.cli.facenext import main
from mmseg_facenext.cli.run import explain
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import _add_loggers, train
from mmseg_facenext.errors import UserError
from mmseg_facenext.models import FacePreProcessor


@pytest.fixture(scope='module')
def trained(tiny_config, tmp_path_factory):
    """A training of two iterations."""
    folder = tmp_path_factory.mktemp('trained')
    options = {'work_dir': str(folder / 'here'), 'train_cfg.max_iters': 2, 'randomness.seed': 0}
    # Workers' settings may stay when there are no workers.
    options |= {'train_dataloader.persistent_workers': True, 'train_dataloader.prefetch_factor': 4}
    train(load_config(tiny_config, options))
    return folder / 'here'


def test_the_best_score_moves_with_the_folder(trained, tiny_config, tmp_path):
    there = tmp_path / 'there'
    shutil.copytree(trained, there)
    (best,) = there.glob('best_*.pth')
    options = {'work_dir': str(there), 'train_cfg.max_iters': 3, 'train_cfg.val_begin': 9}
    runner = train(load_config(tiny_config, options), resume=True)
    info = runner.message_hub.runtime_info
    assert Path(info['best_ckpt']) == best
    first = torch.load(trained / 'iter_2.pth', weights_only=False)['message_hub']['runtime_info']
    assert info['best_score'] == first['best_score']


def test_the_log_is_json_for_everybody(trained):
    """mIoU_fg and others of classes that no label has are not defined; JSON knows no NaN."""
    (log,) = trained.glob('*/vis_data/scalars.json')

    def refuse(word):
        raise AssertionError(f'{word} in {log}')

    lines = [json.loads(line, parse_constant=refuse) for line in log.read_text().splitlines()]
    assert any('mIoU' in line for line in lines)


def test_overfitting_validates_on_what_is_learnt(tiny_config, tmp_path):
    options = {'work_dir': str(tmp_path), 'train_cfg.max_iters': 1, 'train_cfg.val_interval': 1}
    runner = train(load_config(tiny_config, options), overfit=3)
    learnt, scored = (loop.dataloader.dataset for loop in (runner.train_loop, runner.val_loop))
    names = [
        [dataset.get_data_info(n)['img_path'] for n in range(len(dataset))] for dataset in (learnt, scored)
    ]
    assert len(names[0]) == 3
    assert names[0] == names[1]
    steps = [type(step).__name__ for step in scored.pipeline.transforms]
    assert steps.index('FaceResize') < steps.index('LoadFaceLabels')  # labels at their own size, as in tests


def test_mmsegs_inference_takes_our_pipeline(trained, tiny_config, faces, tmp_path):
    cfg = load_config(tiny_config)
    cfg.test_pipeline = cfg.test_dataloader.dataset.pipeline
    model = mmseg.apis.init_model(Config(cfg.to_dict()), str(trained / 'iter_2.pth'), device='cpu')
    photo = faces / 'CelebA-HQ-img/3.jpg'
    result = mmseg.apis.inference_model(model, str(photo))
    assert result.pred_sem_seg.data.shape == (1, *Image.open(photo).size[::-1])


@pytest.mark.parametrize('training', [True, False])
def test_photos_of_several_sizes_in_a_batch(training):
    data = {'inputs': [torch.zeros(3, 8, 8), torch.zeros(3, 8, 9)], 'data_samples': [None, None]}
    with pytest.raises(
        UserError, match=r'several sizes \(8x8, 8x9\).*batch_size=1 in (train|val)_dataloader'
    ):
        FacePreProcessor()(data, training)


def test_a_norm_of_one_value_is_explained():
    norm = torch.nn.BatchNorm2d(4).train()
    with pytest.raises(ValueError, match='more than 1 value') as error:
        norm(torch.zeros(1, 4, 1, 1))
    assert 'batch_size to 2 or more' in explain(error.value)


def test_frozen_modules_keep_weights_and_statistics(tiny_config, tmp_path):
    options = {
        'work_dir': str(tmp_path),
        'train_cfg.max_iters': 2,
        'train_cfg.val_interval': 2,
        'randomness.seed': 1,
    }
    one = train(load_config(tiny_config, options), freeze=['backbone']).model.state_dict()
    options |= {'train_cfg.max_iters': 1, 'work_dir': str(tmp_path / 'shorter')}
    other = train(load_config(tiny_config, options), freeze=['backbone']).model.state_dict()
    changed = {name.partition('.')[0] for name, value in one.items() if not torch.equal(value, other[name])}
    assert changed == {'decode_head'}
    with pytest.raises(UserError, match='the model has no such module; it has'):
        train(load_config(tiny_config, options), freeze=['backbone.nothing'])


def test_a_training_ends_when_the_score_stands_still(tiny_config, tmp_path):
    """With a learning rate of 0 the score of the second validation cannot rise."""
    options = {'work_dir': str(tmp_path), 'train_cfg.max_iters': 9, 'train_cfg.val_interval': 1}
    options |= {'optim_wrapper.optimizer.lr': 0.0, 'optim_wrapper.optimizer.weight_decay': 0.0}
    runner = train(load_config(tiny_config, options), early_stop=1, freeze=['backbone'])
    assert runner.iter == 2


def test_logs_go_to_mmengines_backends(tiny_config):
    cfg = load_config(tiny_config, {'work_dir': 'runs/mine'})
    _add_loggers(cfg, ['wandb', 'mlflow', 'tensorboard'])
    backends = {backend['type']: backend for backend in cfg.visualizer.vis_backends}
    assert list(backends) == [
        'LocalVisBackend',
        'TensorboardVisBackend',
        'WandbVisBackend',
        'MLflowVisBackend',
    ]
    assert backends['WandbVisBackend']['init_kwargs'] == {'project': 'runs', 'name': 'mine'}


def test_a_report_is_one_page(trained):
    main(['report', str(trained), '--photos', '2'])
    page = (trained / 'report.html').read_text()
    assert 'skin' in page
    assert page.count('data:image/png;base64,') == 3  # curves, scores of classes, confusions
    assert page.count('data:image/jpeg;base64,') == 2  # the better and the worse photo
    assert 'http' not in re.sub('base64,[^"]*', '', page)
