"""SegFace on LaPa, from drawn photos to scores, by its config at a size for tests."""

import json
from pathlib import Path

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import score
from mmseg_facenext.engine.training import train
from mmseg_facenext.synthetic.landmarked import write_lapa_tree

LEAVES = Path(__file__).parents[2] / 'local_configs/segface'


def small(leaf: str, root: Path, work_dir: Path):
    """An epoch of two iterations at 64x64 with the smallest backbone."""
    cfg = load_config(LEAVES / leaf, {'work_dir': str(work_dir)})
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(root)
        (resize,) = [step for step in loader.dataset.pipeline if step.type == 'FaceResize']
        resize.scale = (64, 64)
    cfg.model.backbone.update(name='mobilenet_v3_large', init_cfg=None)
    cfg.model.decode_head.in_channels = [24, 40, 112, 960]
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.default_hooks.checkpoint.interval = 1
    return cfg


def test_train_and_test(tmp_path):
    leaf = 'segface.swin_b.224.lapa.py'
    write_lapa_tree(tmp_path / 'faces', 6, image_size=48, val_count=2, workers=1)
    train(small(leaf, tmp_path / 'faces', tmp_path / 'work'), seed=0)
    assert list((tmp_path / 'work').glob('best_mFscore_fg_epoch_1.pth'))
    scores = score(
        small(leaf, tmp_path / 'faces', tmp_path / 'work'),
        tmp_path / 'work/epoch_1.pth',
        show_dir=tmp_path / 'overlays',
    )
    assert {'mFscore_fg', 'mIoU'} <= set(scores)
    statement = json.loads((tmp_path / 'work/per_class_test.json').read_text())['protocol']['statement']
    expected = "scored at the network's resolution (height x width 64x64), labels of 48x48 resized to it"
    assert expected in statement
    assert len(list((tmp_path / 'overlays').iterdir())) == 2
    train(small(leaf, tmp_path / 'faces', tmp_path / 'work'), resume=True)  # there is nothing left to do
