"""The configs of LaPa and Helen from drawn faces to scores, at a size for tests."""

import json
from pathlib import Path

import pytest

from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import score
from mmseg_facenext.engine.training import train
from mmseg_facenext.evaluation.predictions import Predictions
from mmseg_facenext.evaluation.protocols import ProtocolEvaluator
from mmseg_facenext.synthetic.landmarked import write_helen_tree, write_lapa_tree
from mmseg_facenext.taxonomy import get_label_space

LEAVES = Path(__file__).parents[2] / 'local_configs/segnext/tiny'
FAST = {
    'model.backbone.init_cfg': None,
    'model.backbone.embed_dims': [8, 8, 16, 16],
    'model.backbone.depths': [1, 1, 1, 1],
    'model.decode_head.in_channels': [8, 16, 16],
    'model.decode_head.channels': 32,
    'model.decode_head.ham_channels': 32,
    'model.decode_head.ham_kwargs.MD_R': 4,
    'train_cfg.max_iters': 2,
    'train_cfg.val_interval': 2,
    'default_hooks.checkpoint.interval': 2,
    **{
        f'{loader}.{key}': value
        for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader')
        for key, value in (('batch_size', 2), ('num_workers', 0), ('persistent_workers', False))
    },
}


@pytest.mark.parametrize(
    ('data', 'schedule', 'write', 'merged'),
    [
        ('lapa', '80k', write_lapa_tree, set()),
        ('helen', '20k', write_helen_tree, {'Fscore_eyes', 'Fscore_brows', 'Fscore_mouth', 'Fscore_overall'}),
    ],
)
def test_train_test_and_score_again(tmp_path, data, schedule, write, merged):
    write(tmp_path / 'faces', 6, image_size=48, val_count=2, workers=1)
    leaf = LEAVES / f'segnext.tiny.512x512.{data}.{schedule}.py'
    best = 'Fscore_overall' if merged else 'mFscore_fg'
    options = {
        **FAST,
        'data_root': str(tmp_path / 'faces'),
        'work_dir': str(tmp_path / 'work'),
        'default_hooks.checkpoint.save_best': best,
    }
    train(load_config(leaf, options), seed=0)
    assert list((tmp_path / 'work').glob(f'best_{best}_iter_2.pth'))
    scores = score(
        load_config(leaf, options),
        tmp_path / 'work/iter_2.pth',
        metrics=['mFscore'],
        out=tmp_path / 'out',
    )
    assert {key for key in scores if key.startswith('Fscore_')} == merged
    assert json.loads((tmp_path / 'work/per_class_test.json').read_text())['protocol']['images'] == 2
    # The table of all protocols finds the same numbers in the files that were written.
    predictions = Predictions(tmp_path / 'out', get_label_space(data))
    (native, _) = ProtocolEvaluator(data, tmp_path / 'faces', predictions).evaluate(['test']).rows
    assert native.means['F1 fg'] == pytest.approx(scores['mFscore_fg'])
    for name in merged:
        assert native.means[name.replace('Fscore_', 'F1 ')] == pytest.approx(scores[name], nan_ok=True)
