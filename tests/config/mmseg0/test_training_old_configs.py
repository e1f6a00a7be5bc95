"""Old configs really train and test, through the tools, and so do their translations."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import published_code as published
import pytest
import torch
from closeness import assert_same_logits
from old_configs import VARIANTS

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError
from mmseg_facenext.inference import FaceParser
from mmseg_facenext.taxonomy import CELEBAMASK_HQ

ROOT = Path(__file__).parents[3]
migrate = runpy.run_path(str(ROOT / 'tools/migrate_config.py'))['main']
score = runpy.run_path(str(ROOT / 'tools/test.py'))['main']

SMALL = {  # in old names, as somebody would write them on the command line of an old tool
    'data.samples_per_gpu': 2,
    'data.workers_per_gpu': 0,
    'runner.max_iters': 3,
    'evaluation.interval': 2,
    'checkpoint_config.interval': 3,
    'log_config.interval': 1,
    'lr_config.warmup_iters': 2,
    'model.backbone.embed_dims': [8, 8, 16, 16],
    'model.backbone.depths': [1, 1, 1, 1],
    'model.backbone.init_cfg': None,
    'model.decode_head.in_channels': [8, 16, 16],
    'model.decode_head.channels': 16,
    'model.decode_head.ham_channels': 16,
    'model.decode_head.ham_kwargs.MD_R': 4,
    'model.decode_head.norm_cfg.num_groups': 4,
}
RESIZE = {'celebamaskhq': (32, 32), 'ade': (96, 48), 'city': (96, 48), 'coco': (96, 48)}
QUICK = [('base', 'city')]  # small, celebamaskhq is trained in its written translation


def small(data: str) -> dict:
    """The options that make a training of seconds: less of everything, the structure unchanged."""
    options = {**SMALL, 'data.train.dataset.pipeline.2.img_scale': RESIZE[data]}
    if data == 'celebamaskhq':
        return {**options, 'data.val.pipeline.1.img_scale': (64, 64)}
    crops = {f'data.train.dataset.pipeline.{i}': (32, 32) for i in (3, 7)}
    crops = {f'{key}.{"crop_size" if key.endswith("3") else "size"}': crop for key, crop in crops.items()}
    scales = {f'data.{split}.pipeline.1.img_scale': RESIZE[data] for split in ('val', 'test')}
    slide = (
        {'model.test_cfg.crop_size': (32, 32), 'model.test_cfg.stride': (24, 24)} if data == 'city' else {}
    )
    return {**options, **crops, **scales, **slide}


def logged_rates(work_dir: Path) -> list[float]:
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line['lr'] for line in lines if 'lr' in line]


def train_small(config: Path, data: str, work_dir: Path, **options) -> list[float]:
    train(load_config(config, {**small(data), 'work_dir': str(work_dir), **options}), seed=0)
    return logged_rates(work_dir)


@pytest.mark.parametrize(
    ('size', 'data'),
    [pytest.param(*variant, marks=() if variant in QUICK else pytest.mark.slow) for variant in VARIANTS],
)
def test_every_shipped_config_trains(old_configs, tmp_path, size, data):
    rates = train_small(old_configs[size, data], data, tmp_path)
    assert rates == pytest.approx([6e-11, 6e-5 * (2 / 3) * 0.5000005, 6e-5 / 3])
    weights = torch.load(tmp_path / 'iter_3.pth', weights_only=False)['state_dict']
    assert all(torch.isfinite(value).all() for value in weights.values())
    assert (tmp_path / 'per_class_val.json').exists()


def test_by_epoch_with_a_rate_by_iterations(old_configs, tmp_path):
    """2 epochs of 2 iterations: 8 faces repeated once, 4 at a time; the floor keeps the chain from being exact."""
    path = tmp_path / 'epochs.py'
    path.write_text(f"""
_base_ = {str(old_configs['tiny', 'celebamaskhq'])!r}
runner = dict(_delete_=True, type='EpochBasedRunner', max_epochs=2)
evaluation = dict(_delete_=True, interval=1, metric='mIoU', save_best='mIoU')
checkpoint_config = dict(_delete_=True, interval=1)
lr_config = dict(_delete_=True, policy='poly', power=1.0, min_lr=2e-5, by_epoch=False,
    warmup='linear', warmup_iters=1, warmup_ratio=0.5, warmup_by_epoch=True)
""")
    options = small('celebamaskhq') | {'data.samples_per_gpu': 4, 'data.train.times': 1}
    options = {
        key: value for key, value in options.items() if key.split('.')[0] not in ('runner', 'lr_config')
    }
    options |= {'evaluation.interval': 1, 'checkpoint_config.interval': 1, 'work_dir': str(tmp_path / 'work')}
    train(load_config(path, options), seed=0)
    # (6e-5 - 2e-5) * (1 - t / 4) + 2e-5, times 0.5 and 0.75 in the first epoch
    assert logged_rates(tmp_path / 'work') == pytest.approx([3e-5, 3.75e-5, 4e-5, 3e-5])
    assert (tmp_path / 'work/epoch_2.pth').exists()
    assert list((tmp_path / 'work').glob('best_mIoU_epoch_*.pth'))


def test_a_written_translation_is_the_same_training(old_configs, tmp_path, capsys):
    old, new = old_configs['small', 'celebamaskhq'], tmp_path / 'new/mine.py'
    options = [f'{key}={value}'.replace(' ', '') for key, value in small('celebamaskhq').items()]
    migrate([str(old), str(new), '--cfg-options', *options])
    assert f'wrote {new}' in capsys.readouterr().out
    cfg = load_config(new)
    assert cfg.to_dict() == load_config(old, small('celebamaskhq')).to_dict()
    cfg.work_dir = str(tmp_path / 'work')
    train(cfg, seed=0)
    assert logged_rates(tmp_path / 'work') == pytest.approx([6e-11, 6e-5 * (2 / 3) * 0.5000005, 6e-5 / 3])

    for config, extra in ((old, ['--cfg-options', *options]), (new, [])):
        work_dir = tmp_path / config.stem
        score([str(config), str(tmp_path / 'work/iter_3.pth'), '--work-dir', str(work_dir), *extra])
    scores = [(tmp_path / path.stem / 'per_class_test.json').read_text() for path in (old, new)]
    assert scores[0] == scores[1]


def test_mistakes_of_migrating(old_configs, tmp_path):
    old, new = str(old_configs['tiny', 'ade']), tmp_path / 'new.py'
    new.write_text('mine')
    for arguments, message in (
        ([old, str(new)], 'is there already'),
        ([old, str(tmp_path / 'new.txt')], r'ends in \.py'),
        ([old, old, '--force'], 'another file'),
        ([str(tmp_path / 'gone.py'), str(tmp_path / 'other.py')], 'does not exist'),
    ):
        with pytest.raises(UserError, match=message):
            migrate(arguments)
    assert new.read_text() == 'mine'
    migrate([old, str(new), '--force'])
    with pytest.raises(UserError, match='is a config of today already'):
        migrate([str(new), str(tmp_path / 'again.py')])


@pytest.mark.parametrize('size', ['tiny', 'large'])
@pytest.mark.parametrize('data', ['celebamaskhq', 'ade', 'city', 'coco'])
def test_a_written_translation_loads_to_the_same_config(old_configs, tmp_path, size, data):
    old, new = old_configs[size, data], tmp_path / 'new.py'
    migrate([str(old), str(new)])
    assert load_config(new).to_dict() == load_config(old).to_dict()
    text = new.read_text()
    assert text.startswith(f'# Translated from {old}')
    assert max(len(line) for line in text.splitlines() if not line.startswith('#')) <= 120


def test_published_files_with_an_old_config(old_configs, tmp_path):
    """SegNeXt-T at its real size: starts from ImageNet weights, goes on after a stop, and is scored, demonstrated."""
    weights = published.state(published.SEGNEXT['t'])
    backbone = {key.removeprefix('backbone.'): value for key, value in weights.items() if 'backbone' in key}
    torch.save({'state_dict': backbone | {'head.bias': torch.zeros(1000)}}, tmp_path / 'mscan_t.pth')
    spare = {key: torch.full((131, *weights[key].shape[1:]), -9.0) for key in weights if 'conv_seg' in key}
    of_150 = {
        key: torch.cat([value, spare[key]]) if key in spare else value for key, value in weights.items()
    }
    meta = dict(mmcv_version='1.5.1', CLASSES=('backgound', *CELEBAMASK_HQ.classes[1:]), iter=160000)
    torch.save(dict(meta=meta, state_dict=of_150, optimizer={}), tmp_path / 'iter_160000.pth')

    config = old_configs['tiny', 'celebamaskhq']
    options = {key: value for key, value in small('celebamaskhq').items() if not key.startswith('model.')}
    options |= {
        'model.backbone.init_cfg.checkpoint': str(tmp_path / 'mscan_t.pth'),
        'work_dir': str(tmp_path / 'work'),
        'runner.max_iters': 1,
        'checkpoint_config.interval': 1,
    }
    train(load_config(config, options), seed=0)
    started = torch.load(tmp_path / 'work/iter_1.pth', weights_only=False)['state_dict']
    # one step of AdamW at a rate of 6e-11 (a step moves a weight by no more than the rate)
    key = 'backbone.block2.1.mlp.dwconv.weight'
    torch.testing.assert_close(
        started[key], weights[key.replace('dwconv.', 'dwconv.dwconv.')], atol=1e-6, rtol=0
    )
    runner = train(load_config(config, options | {'runner.max_iters': 2}), resume=True)
    assert runner.iter == 2

    log = str(tmp_path / 'test')
    quick = [f'{key}={value}'.replace(' ', '') for key, value in options.items() if key != 'work_dir']
    score([str(config), str(tmp_path / 'iter_160000.pth'), '--work-dir', log, '--cfg-options', *quick])
    said = '\n'.join(path.read_text() for path in Path(log).glob('*/*.log'))
    assert '550 tensors from' in said
    assert (
        'decode_head.conv_seg has 150 rows, the first 19 were kept (the file names no more classes)' in said
    )
    parser = FaceParser(str(config), tmp_path / 'iter_160000.pth', device='cpu', fuse=False)
    with published.fixed_start(), torch.no_grad():
        parser.model.decode_head.hamburger.ham.rand_init = True
        found = parser.model.decode_head(parser.model.extract_feat(published.image(1, 128, 160)))
    assert_same_logits(found, published.logits('segnext_tiny'))
