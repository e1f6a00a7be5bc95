"""The configs of the general data sets, trained and scored on small trees in the layouts that they read."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image
from scene_trees import HEIGHT, WIDTH, write_ade, write_cityscapes, write_coco_stuff, write_voc

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import score
from mmseg_facenext.engine.training import train

SEGNEXT = Path(__file__).parents[2] / 'local_configs/segnext'
SMALLER = 16  # by which all sizes of a config are divided

SCENES = {  # config, how its data is laid out, classes, whether one of them is the background
    'ade': ('512x512.ade.160k', write_ade, 150, False),
    'city': ('1024x1024.city.160k', write_cityscapes, 19, False),
    'coco': ('512x512.coco_stuff164k.80k', write_coco_stuff, 171, False),
    'voc': ('512x512.voc12aug.80k', write_voc, 21, True),
}
FIRST_ID_WRITTEN = {'ade': 1}  # ADE20K's files count from 1, --out writes what they hold
SIZES = ('scale', 'crop_size', 'stride', 'size')


def shrink(node) -> None:
    """Divides all image sizes in a config, in place."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in SIZES and isinstance(value, tuple):
                node[key] = tuple(side // SMALLER for side in value)
            else:
                shrink(value)
    elif isinstance(node, list):
        for child in node:
            shrink(child)


def move_data(node, root: Path) -> None:
    if isinstance(node, dict):
        if 'data_root' in node:
            node['data_root'] = str(root)
        for value in node.values():
            move_data(value, root)
    elif isinstance(node, list):
        for child in node:
            move_data(child, root)


def small_config(name: str, root: Path, work_dir: Path) -> Config:
    """A config of the zoo with a narrow model, small images and two iterations; all else is as shipped."""
    cfg = load_config(SEGNEXT / f'tiny/segnext.tiny.{name}.py')
    for key in ('model', 'train_dataloader', 'val_dataloader', 'test_dataloader', 'tta_pipeline'):
        shrink(cfg[key])
        move_data(cfg[key], root)
    cfg.model.backbone.update(embed_dims=[8, 8, 16, 16], depths=[1, 1, 1, 1], init_cfg=None)
    cfg.model.decode_head.update(in_channels=[8, 16, 16], channels=32, ham_channels=32)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.update(num_workers=0, persistent_workers=False)
    cfg.train_dataloader.batch_size = 2
    cfg.merge_from_dict(
        {
            'train_cfg.max_iters': 2,
            'train_cfg.val_interval': 2,
            'default_hooks.checkpoint.interval': 2,
            'visualizer.vis_backends': [dict(type='LocalVisBackend')],
            'work_dir': str(work_dir),
        }
    )
    return cfg


QUICK = ('ade', 'city', 'voc')  # coco is laid out as city


@pytest.mark.parametrize(
    'scene', [scene if scene in QUICK else pytest.param(scene, marks=pytest.mark.slow) for scene in SCENES]
)
def test_training_validation_and_testing_at_several_scales(scene, tmp_path, monkeypatch):
    # Charts of 150 classes take seconds; test_report_hook.py draws some.
    monkeypatch.setattr('mmseg_facenext.visualization.score_charts.draw_per_class', lambda *arguments: None)
    name, write_tree, num_classes, has_background = SCENES[scene]
    write_tree(tmp_path / 'data')
    train(small_config(name, tmp_path / 'data', tmp_path / 'work'), seed=0)
    validated = json.loads((tmp_path / 'work/per_class_val.json').read_text())
    assert len(validated['classes']) == num_classes
    labelled = [one['label_pixels'] for one in validated['classes']]
    # Three stripes of 25 pixels in two photos: one is ignored, one is the first class, one the last.
    assert labelled == [2 * 25 * HEIGHT, *[0] * (num_classes - 2), 2 * 25 * HEIGHT]
    assert validated['protocol']['ignored_pixels'] == 2 * 25 * HEIGHT
    assert ('with background' in validated['protocol']['statement']) is has_background
    assert ('which has no background' in validated['protocol']['statement']) is not has_background

    out, show = tmp_path / 'out', tmp_path / 'show'
    cfg = small_config(name, tmp_path / 'data', tmp_path / 'test')
    scores = score(cfg, tmp_path / 'work/iter_2.pth', metrics=['mIoU'], tta=True, out=out, show_dir=show)
    assert scores['mIoU'] >= 0
    assert ('mIoU_fg' in scores) is has_background
    predictions = [np.array(Image.open(path)) for path in sorted(out.iterdir())]
    assert [labels.shape for labels in predictions] == [(HEIGHT, WIDTH)] * 2
    first = FIRST_ID_WRITTEN.get(scene, 0)
    assert all(first <= labels.min() and labels.max() < first + num_classes for labels in predictions)
    assert len(list(show.iterdir())) == 2
