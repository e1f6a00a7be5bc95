"""Old configs become the same training today, and nothing of them is lost without a word."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmseg.registry import DATASETS, MODELS, TRANSFORMS
from old_configs import DATA, SIZES, VARIANTS, WRONG_CLASSES

from mmseg_facenext.config.load import load_config, translated_config
from mmseg_facenext.config.mmseg0.pipelines import translate_training
from mmseg_facenext.config.mmseg0.section import Report
from mmseg_facenext.errors import UserError

PARAMETERS = 4_229_747  # of SegNeXt-T with 19 classes, published
ROOT = Path(__file__).parents[3]
PRETRAINED = "model = dict(pretrained='here.pth', backbone=dict(init_cfg=None))"
BY_EPOCH = "runner = dict(_delete_=True, type='EpochBasedRunner', max_epochs=7)"
LOAD, PACK = dict(type='LoadImageFromFile'), dict(type='PackFaceInputs')


@pytest.fixture
def old(old_configs) -> Path:
    return old_configs['tiny', 'celebamaskhq']


def child(tmp_path: Path, base: Path, text: str) -> Path:
    path = tmp_path / 'child.py'
    path.write_text(f'_base_ = {str(base)!r}\n{text}\n')
    return path


@pytest.mark.parametrize(('size', 'data'), VARIANTS)
def test_every_shipped_config(old_configs, size, data):
    cfg, notes = translated_config(old_configs[size, data])
    _, _, classes, iterations, interval, batches = DATA[data]
    assert cfg.train_cfg == dict(type='IterBasedTrainLoop', max_iters=iterations, val_interval=interval)
    assert cfg.train_dataloader.batch_size == batches[list(SIZES).index(size)]
    assert cfg.train_dataloader.sampler == dict(type='InfiniteSampler', shuffle=True)
    assert cfg.param_scheduler == [
        dict(type='LinearLR', start_factor=1e-6, by_epoch=False, begin=0, end=1501),
        dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=0, end=iterations + 1),
    ]
    assert cfg.optim_wrapper.optimizer == dict(type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01)
    assert cfg.find_unused_parameters is True
    assert cfg.env_cfg.cudnn_benchmark is True
    checkpoint = cfg.default_hooks.checkpoint
    assert (checkpoint.by_epoch, checkpoint.interval) == (False, interval)
    assert checkpoint.get('save_best') == ('mIoU' if data == 'celebamaskhq' else None)
    assert checkpoint.get('max_keep_ckpts') == (5 if data == 'celebamaskhq' else None)
    assert cfg.model.decode_head.num_classes == classes
    assert any('num_classes=150' in note for note in notes) == ((size, data) in WRONG_CLASSES)
    assert cfg.model.backbone.init_cfg.checkpoint == f'mscan.{size}'
    assert any(f'pretrained/mscan_{size[0]}.pth is not there' in note for note in notes)
    expected = (
        dict(mode='slide', crop_size=(1024, 1024), stride=(768, 768))
        if data == 'city'
        else dict(mode='whole')
    )
    assert cfg.model.test_cfg == expected
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        dataset = DATASETS.build(loader.dataset)
        assert len(dataset) > 0
        assert len(dataset.metainfo['classes']) == classes
    for transform in cfg.tta_pipeline:
        TRANSFORMS.build(transform)


@pytest.mark.parametrize('size', SIZES)
def test_the_same_recipe_as_our_own_config(old_configs, size):
    """local_configs has the same trainings, written for today."""
    ours = load_config(ROOT / f'local_configs/segnext/{size}/segnext.{size}.512x512.celebamaskhq.160k.py')
    theirs = load_config(old_configs[size, 'celebamaskhq'])
    assert theirs.param_scheduler == ours.param_scheduler
    ours.optim_wrapper.optimizer.pop('fused', None)  # the same update, faster
    assert theirs.optim_wrapper == ours.optim_wrapper
    assert theirs.train_cfg == ours.train_cfg
    assert theirs.train_dataloader.batch_size == ours.train_dataloader.batch_size
    # B and L leave the rank to the head, whose default is 64.
    theirs.model.decode_head.setdefault('ham_kwargs', dict(MD_R=64))
    for part in ('backbone', 'decode_head', 'test_cfg'):
        assert theirs.model[part] == ours.model[part]


def test_parameter_groups_are_the_old_ones(old):
    """mmcv: the first matching key, longest first; nothing is called pos_block."""
    cfg = load_config(old)
    model = MODELS.build(cfg.model)
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS
    groups = build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups
    settings = {id(group['params'][0]): (group['lr'], group['weight_decay']) for group in groups}
    for name, parameter in model.named_parameters():
        expected = (6e-4, 0.01) if 'head' in name else (6e-5, 0.0 if 'norm' in name else 0.01)
        assert settings[id(parameter)] == pytest.approx(expected), name


def test_pipelines_of_faces(old):
    cfg = load_config(old)
    resize = dict(type='FaceResize', scale=(512, 512), keep_ratio=True)
    image, labels = dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')
    assert cfg.train_dataloader.dataset.pipeline == [
        image, labels, resize, dict(type='FacePhotoMetricDistortion'), PACK,
    ]  # fmt: skip
    assert cfg.val_dataloader.dataset.pipeline == [image, resize, labels, PACK]
    assert cfg.test_dataloader == cfg.val_dataloader
    assert cfg.train_dataloader.dataset.split_source == 'train_split.txt'
    assert cfg.val_dataloader.dataset.split_source == 'val_split.txt'
    preprocessor = cfg.model.data_preprocessor
    assert (preprocessor.mean, preprocessor.std) == ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
    assert preprocessor.bgr_to_rgb is True


def test_pipelines_of_scenes(old_configs):
    cfg = load_config(old_configs['tiny', 'ade'])
    assert cfg.train_dataloader.dataset.pipeline == [
        LOAD,
        dict(type='LoadAnnotations'),
        dict(type='RandomResize', scale=(2048, 512), ratio_range=(0.5, 2.0), keep_ratio=True),
        dict(type='FaceRandomCrop', crop_size=(512, 512), cat_max_ratio=0.75),
        dict(type='RandomFlip', prob=0.5, direction='horizontal'),
        dict(type='FacePhotoMetricDistortion'),
        PACK,
    ]
    multiple = dict(type='ResizeToMultiple', size_divisor=32)
    resize, labels = dict(type='FaceResize', scale=(2048, 512), keep_ratio=True), dict(type='LoadAnnotations')
    assert cfg.test_dataloader.dataset.pipeline == [LOAD, resize, multiple, labels, PACK]
    scales, *rest = cfg.tta_pipeline[-1].transforms
    assert [scale.scale for scale in scales] == [
        (1024, 256), (1536, 384), (2048, 512), (2560, 640), (3072, 768), (3584, 896),
    ]  # fmt: skip
    assert rest[0] == [multiple]
    assert [flip.prob for flip in rest[1]] == [0.0, 1.0]
    assert cfg.train_dataloader.dataset.reduce_zero_label is True
    assert (
        dict(cfg.model.data_preprocessor, type=0).items()
        >= dict(size=(512, 512), pad_val=0, seg_pad_val=255).items()
    )


@pytest.mark.parametrize(
    ('old_resize', 'new'),
    [
        (dict(img_scale=(64, 32)), dict(type='Resize', scale=(64, 32), keep_ratio=True)),
        (
            dict(img_scale=[(64, 32), (96, 48)], keep_ratio=False),
            dict(type='RandomResize', scale=[(64, 32), (96, 48)], keep_ratio=False),
        ),
        (
            dict(img_scale=[(64, 32), (96, 48)], multiscale_mode='value'),
            dict(type='RandomChoiceResize', scales=[(64, 32), (96, 48)], keep_ratio=True),
        ),
    ],
)
def test_resizing(old_resize, new):
    report = Report()
    steps = [dict(type='Resize', **old_resize), dict(type='Collect', keys=['img'])]
    pipeline = translate_training(steps, 'train', report, faces=False)
    assert report.problems == []
    assert pipeline.steps == [new, dict(type='PackSegInputs')]
    resized = TRANSFORMS.build(pipeline.steps[0]).transform(dict(img=np.zeros((40, 80, 3), np.uint8)))
    assert resized['img'].shape[:2] in ((32, 64), (48, 96)) or new['type'] == 'RandomResize'


def test_multi_scale_testing_is_tta(old, tmp_path):
    path = child(tmp_path, old, 'data = dict(val=dict(pipeline=None))')
    scales = (
        "dict(type='MultiScaleFlipAug', img_scale=(64, 32), img_ratios=[0.5, 1.5], flip=True, transforms=[\n"
    )
    inner = (
        "dict(type='Resize', keep_ratio=False), dict(type='RandomFlip'), dict(type='Pad', size_divisor=32),\n"
    )
    end = "dict(type='ImageToTensor', keys=['img']), dict(type='Collect', keys=['img'])])"
    path.write_text(
        path.read_text()
        .replace('pipeline=None', f"pipeline=[dict(type='LoadImageFromFile'), {scales}{inner}{end}]")
        # The normalisation of a model is one for all of its data.
        .replace(
            "dict(type='Pad'",
            "dict(type='Normalize', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, "
            "57.375], to_rgb=True), dict(type='Pad'",
        )
    )
    cfg, notes = translated_config(path)
    assert cfg.test_dataloader.dataset.pipeline[1] == dict(
        type='FaceResize', scale=(64, 32), keep_ratio=False
    )
    assert [s.scale for s in cfg.tta_pipeline[-1].transforms[0]] == [(32, 16), (96, 48)]
    assert [f.prob for f in cfg.tta_pipeline[-1].transforms[1]] == [0.0, 1.0]
    assert cfg.model.data_preprocessor.test_cfg == dict(size_divisor=32)
    assert any('2 scales, flips' in note and '--tta' in note for note in notes)


@pytest.mark.parametrize(
    ('text', 'wrapper'),
    [
        ('optimizer_config = dict(grad_clip=dict(max_norm=35))', dict(clip_grad=dict(max_norm=35))),
        (
            "optimizer_config = dict(type='GradientCumulativeOptimizerHook', cumulative_iters=4)",
            dict(type='OptimWrapper', accumulative_counts=4),
        ),
        (
            "optimizer_config = dict(type='Fp16OptimizerHook', loss_scale='dynamic')\nfp16 = dict()",
            dict(type='AmpOptimWrapper', loss_scale='dynamic'),
        ),
        ('fp16 = dict(loss_scale=128.0)', dict(type='AmpOptimWrapper', loss_scale=128.0)),
        (
            "optimizer_config = dict(type='GradientCumulativeFp16OptimizerHook', cumulative_iters=2)",
            dict(type='AmpOptimWrapper', loss_scale=512.0, accumulative_counts=2),
        ),
    ],
)  # fmt: skip
def test_gradients(old, tmp_path, text, wrapper):
    cfg = load_config(child(tmp_path, old, text))
    assert {key: cfg.optim_wrapper[key] for key in wrapper} == wrapper


@pytest.mark.parametrize(
    ('text', 'key', 'value'),
    [
        (BY_EPOCH, 'train_cfg.type', 'EpochBasedTrainLoop'),
        (BY_EPOCH, 'train_cfg.max_epochs', 7),
        (BY_EPOCH, 'train_dataloader.dataset.times', 50),
        ('runner = None\ntotal_iters = 30', 'train_cfg.max_iters', 30),
        ('runner = None\ntotal_epochs = 3', 'train_cfg.max_epochs', 3),
        ("load_from = 'a.pth'", 'load_from', 'a.pth'),
        ("load_from = 'a.pth'\nresume_from = 'b.pth'", 'resume', 'b.pth'),
        ('auto_resume = True', 'resume', True),
        ('seed = 5\ndeterministic = True', 'randomness', dict(seed=5, deterministic=True)),
        ("work_dir = './mine'", 'work_dir', './mine'),
        ("evaluation = dict(metric=['mIoU', 'mDice'], pre_eval=True)", 'val_evaluator.iou_metrics.1', 'mDice'),
        ('evaluation = dict(start=20000)', 'train_cfg.val_begin', 20000),
        ("log_config = dict(hooks=[dict(type='WandbLoggerHook')])", 'vis_backends.1.type', 'WandbVisBackend'),
        ("custom_hooks = [dict(type='HostMemoryHook', priority=90)]", 'custom_hooks.4.priority', 90),
        ('data = dict(val_dataloader=dict(samples_per_gpu=3))', 'val_dataloader.batch_size', 3),
        ('data = dict(workers_per_gpu=0)', 'train_dataloader.persistent_workers', False),
        (PRETRAINED, 'model.backbone.init_cfg.checkpoint', 'here.pth'),
        ('model = dict(backbone=dict(in_chans=3))', 'model.backbone.in_channels', 3),
        ("custom_imports = dict(imports='os')", 'custom_imports.imports', ['mmseg_facenext.register', 'os']),
        ("test_cfg = dict(mode='slide', crop_size=(9, 9), stride=(5, 5))", 'model.test_cfg.mode', 'slide'),
        ('num = 3\nevaluation = dict(interval=num)', 'train_cfg.val_interval', 3),
    ],
)  # fmt: skip
def test_single_settings(old, tmp_path, text, key, value):
    setting = load_config(child(tmp_path, old, text))
    for part in key.split('.'):
        setting = setting[int(part) if part.isdigit() else part]
    assert setting == value


@pytest.mark.parametrize(
    ('text', 'named'),
    [
        ('momentum_config = dict(policy="cyclic")', ['momentum_config']),
        ('mystery = 1', ['mystery']),
        ('mystery = True', ['mystery']),
        ('apex = dict(level="O1")', ['apex']),
        ('data = dict(mystery=1, val=dict(mystery=2))', ['data.mystery', 'data.val.mystery']),
        ('evaluation = dict(metric="cityscapes")\nlr_config = dict(gamma=1)', ['evaluation.metric', 'lr_config.gamma']),
        ('optimizer_config = dict(type="DistOptimizerHook", update_interval=1)', ['type', 'update_interval']),
        ('checkpoint_config = dict(mystery=1)', ['checkpoint_config.mystery']),
        ('log_config = dict(hooks=[dict(type="PaviLoggerHook")])', ['log_config.hooks.0.type']),
        ('dist_params = dict(port=29500)', ['dist_params.port']),
        ('workflow = [("train", 1), ("val", 1)]', ['workflow']),
        ('runner = dict(type="OtherRunner")', ["'OtherRunner', expected IterBasedRunner"]),
        ('total_epochs = 3', ['runner and total_epochs']),
        ('custom_hooks = [dict(type="NoSuchHook")]', ['custom_hooks.0.type']),
        ('data = dict(val=dict(type="NoSuchDataset"))', ['data.val.type']),
        ('data = dict(val=dict(split=["a.txt", "b.txt"]))', ['data.val (several']),
        ('data = dict(val=dict(pipeline=[dict(type="NoSuch"), dict(type="Collect", keys=[])]))', ['NoSuch']),
        ('data = dict(val=dict(pipeline=[dict(type="LoadImageFromFile", to_float32=True)]))', ['to_float32']),
        ('data = dict(val=dict(pipeline=3))', ['data.val.pipeline']),
        ('data = dict(train=3)', ['data.train']),
        ('data = 3', ['data (expected a dict']),
        ('model = dict(pretrained="other.pth")', ['model.pretrained']),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_named(old, tmp_path, text, named):
    with pytest.raises(UserError, match='settings without counterpart') as raised:
        load_config(child(tmp_path, old, text))
    message = str(raised.value)
    assert all(name in message for name in named), message
    assert '\n' not in message


def test_two_generations_in_one_file(old, tmp_path):
    with pytest.raises(UserError, match=r'mixes two generations: .*optimizer.* with optim_wrapper'):
        load_config(child(tmp_path, old, 'optim_wrapper = dict(type="OptimWrapper")'))
    ours = ROOT / 'local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py'
    with pytest.raises(UserError, match=r'optimizer of mmseg 0\.x with .*optim_wrapper'):
        load_config(child(tmp_path, ours, 'optimizer = dict(type="SGD", lr=1)'))


def test_a_variable_called_optimizer_makes_no_old_config(tmp_path):
    """mmseg 1.x's own schedules have one."""
    ours = ROOT / 'local_configs/segnext/tiny/segnext.tiny.512x512.celebamaskhq.160k.py'
    text = 'optimizer = dict(type="SGD", lr=1, _delete_=True)\noptim_wrapper = dict(optimizer=optimizer)'
    cfg, notes = translated_config(child(tmp_path, ours, text))
    assert notes == []
    assert cfg.optim_wrapper.optimizer == dict(type='SGD', lr=1)


def test_options_in_both_kinds_of_names(old):
    options = {
        'data.samples_per_gpu': 3,
        'optimizer.lr': 0.5,
        'runner.max_iters': 2000,
        'train_dataloader.num_workers': 1,
        'model.decode_head.num_classes': 150,
    }
    cfg, notes = translated_config(old, options)
    assert (cfg.train_dataloader.batch_size, cfg.train_dataloader.num_workers) == (3, 1)
    assert cfg.optim_wrapper.optimizer.lr == 0.5
    assert cfg.param_scheduler[1].end == 2001
    assert cfg.model.decode_head.num_classes == 150
    assert 'applied before' in notes[-1]
    with pytest.raises(UserError, match=r'data\.samples_per_cpu'):
        load_config(old, {'data.samples_per_cpu': 3})


def test_what_was_translated_is_said_once_and_by_rank_0(old, caplog, monkeypatch):
    with caplog.at_level(logging.WARNING):
        load_config(old)
    (record,) = caplog.records
    assert 'is a config of mmseg 0.x' in record.message
    assert 'lr_config -> param_scheduler: LinearLR, PolyLR' in record.message
    monkeypatch.setenv('RANK', '1')
    load_config(old)
    assert len(caplog.records) == 1


def test_a_config_dumped_by_the_old_engine(old, tmp_path):
    """Bases merged, variables written out, with what the old launcher added."""
    path = tmp_path / 'dumped.py'
    dumped = Config.fromfile(old)
    dumped.update(gpu_ids=[0], auto_resume=False, work_dir='./work_dirs/old', device='cuda')
    path.write_text(dumped.pretty_text)
    cfg = load_config(path)
    assert cfg.pop('work_dir') == './work_dirs/old'
    expected = load_config(old)
    expected.pop('work_dir')
    assert cfg.to_dict() == expected.to_dict()


def test_weights_that_are_there_are_kept(old, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('pretrained').mkdir()
    Path('pretrained/mscan_t.pth').touch()
    assert load_config(old).model.backbone.init_cfg.checkpoint == 'pretrained/mscan_t.pth'


def test_split_lists_become_one_data_set(old_configs, tmp_path):
    """As mmseg's configs of Pascal VOC 2012 aug have it."""
    text = "data = dict(train=dict(dataset=dict(img_dir='a', ann_dir=['b', 'c'], split=['b.txt', 'c.txt'])))"
    cfg = load_config(child(tmp_path, old_configs['tiny', 'ade'], text))
    dataset = cfg.train_dataloader.dataset
    assert dataset.type == 'ConcatDataset'
    assert [one.data_prefix for one in dataset.datasets] == [
        dict(img_path='a', seg_map_path='b'),
        dict(img_path='a', seg_map_path='c'),
    ]
    assert [one.ann_file for one in dataset.datasets] == ['b.txt', 'c.txt']


def test_flips_of_faces_mind_left_and_right(old):
    cfg, notes = translated_config(old, {'data.train.dataset.pipeline.3.prob': 0.5})
    assert cfg.train_dataloader.dataset.pipeline[3] == dict(type='FaceFlip', prob=0.5)
    assert any('swaps left and right' in note for note in notes)
