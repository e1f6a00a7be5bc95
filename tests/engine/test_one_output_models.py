"""Binary models with one output (sigmoid) train, are scored, averaged over flips, used and exported like others."""

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image
from small_config import small_config

from mmseg_facenext import FaceParser
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import score
from mmseg_facenext.engine.training import train


@pytest.fixture(scope='module')
def bright(tmp_path_factory):
    """Eight photos 64x64 with a bright rectangle, which is class 1 and lies at the left; a config to learn it by."""
    root = tmp_path_factory.mktemp('bright')
    rng = np.random.default_rng(0)
    for kind in ('photos', 'labels'):
        (root / kind).mkdir()
    for n in range(8):
        labels = np.zeros((64, 64), np.uint8)
        top, left = rng.integers(0, 24, 2)
        labels[top : top + 40, left : left + 30] = 1
        photo = 40 + 150 * labels[..., None] + rng.integers(0, 30, (64, 64, 3))
        Image.fromarray(photo.astype(np.uint8)).save(root / f'photos/{n}.png')
        Image.fromarray(labels).save(root / f'labels/{n}.png')
    dataset = dict(
        type='BaseSegDataset',
        data_root=str(root),
        data_prefix=dict(img_path='photos', seg_map_path='labels'),
        img_suffix='.png',
        seg_map_suffix='.png',
        metainfo=dict(classes=('background', 'bright')),
        reduce_zero_label=False,
    )
    load, resize = (
        [dict(type='LoadFaceImage'), dict(type='LoadFaceLabels')],
        dict(type='FaceResize', scale=(64, 64), keep_ratio=False),
    )
    pack = dict(type='PackFaceInputs')
    settings = small_config().to_dict()
    settings['model']['backbone'].pop('init_cfg')
    settings['model']['decode_head'] |= dict(
        num_classes=2,
        out_channels=1,
        threshold=0.4,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True),
    )
    settings['model']['data_preprocessor']['size'] = (64, 64)
    loader = dict(batch_size=4, num_workers=0, persistent_workers=True)
    scored = dict(**loader, sampler=dict(type='DefaultSampler', shuffle=False))
    scored['dataset'] = dict(**dataset, pipeline=[load[0], resize, load[1], pack], test_mode=True)
    settings |= dict(
        default_scope='mmseg',
        train_dataloader=dict(
            **loader,
            sampler=dict(type='InfiniteSampler'),
            dataset=dict(**dataset, pipeline=[*load, resize, pack]),
        ),
        val_dataloader=scored,
        test_dataloader=scored,
        val_evaluator=dict(type='FaceMetric', iou_metrics=['mIoU']),
        test_evaluator=dict(type='FaceMetric', iou_metrics=['mIoU']),
        optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=0.003)),
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=60, val_interval=60),
        val_cfg=dict(type='ValLoop'),
        test_cfg=dict(type='TestLoop'),
        randomness=dict(seed=0),
        default_hooks=dict(checkpoint=dict(type='FaceCheckpointHook', by_epoch=False, interval=60)),
        tta_model=dict(type='FaceTTAModel'),
        tta_pipeline=[
            load[0],
            dict(
                type='TestTimeAug',
                transforms=[
                    [resize],
                    [load[1]],
                    [dict(type='FaceFlip', prob=0.0), dict(type='FaceFlip', prob=1.0)],
                    [pack],
                ],
            ),
        ],
        work_dir=str(root / 'run'),
    )
    Config(settings).dump(root / 'bright.py')
    train(load_config(root / 'bright.py'))
    return root


def test_it_learns_and_averages_flips(bright):
    """The rectangle is bright: hardly a pixel can be missed, and averaging must not lose what one flip knows."""
    scores = {
        tta: score(load_config(bright / 'bright.py'), bright / 'run/iter_60.pth', tta=tta)['mIoU']
        for tta in (False, True)
    }
    assert scores[False] > 90
    assert scores[True] > 90


def test_the_parser_gives_what_sigmoid_and_threshold_give(bright):
    parser = FaceParser(str(bright / 'bright.py'), str(bright / 'run/iter_60.pth'))
    assert parser.label_space.classes == ('background', 'bright')
    photo = bright / 'photos/3.png'
    labels = parser(photo).labels
    network = parser.model
    image = torch.from_numpy(np.asarray(Image.open(photo))[..., ::-1].copy()).permute(2, 0, 1)
    data = network.data_preprocessor({'inputs': [image]}, False)
    with torch.no_grad():
        logits = network.encode_decode(data['inputs'], [dict(img_shape=(64, 64), ori_shape=(64, 64))])
    full = torch.nn.functional.interpolate(logits, (64, 64), mode='bilinear')
    expected = full[0, 0].sigmoid() > 0.4
    assert (labels == expected.numpy()).mean() > 0.999
    assert 0.1 < labels.mean() < 0.5


def test_exported_file_labels_alike(bright, tmp_path):
    from mmseg_facenext.deploy.export import export

    cfg = load_config(bright / 'bright.py', purpose='model')
    report = export(cfg, bright / 'run/iter_60.pth', tmp_path / 'one.onnx', [bright / 'photos/1.png'])
    assert report.parity.agreement > 0.999
    assert FaceParser(str(tmp_path / 'one.onnx')).label_space.num_classes == 2
