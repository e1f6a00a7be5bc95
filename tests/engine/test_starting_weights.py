"""What a training and a test say about the checkpoint that they start from."""

import copy
import re

import pytest
import torch
from mmseg.registry import MODELS

from mmseg_facenext.checkpoints.download import source_of_weights
from mmseg_facenext.checkpoints.publishing import publish
from mmseg_facenext.checkpoints.zoo import get_entry
from mmseg_facenext.config.load import load_config
from mmseg_facenext.engine.testing import score
from mmseg_facenext.engine.training import train
from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import CELEBAMASK_HQ_SEGFACE

PUBLISHED = 'segnext.tiny.512x512.celebamaskhq.160k'
BRIEFLY = {'train_cfg.max_iters': 1, 'train_cfg.val_interval': 100}


class Foreign:
    """An object that only a full unpickling builds."""


@pytest.fixture(scope='module')
def checkpoint(tiny_config, tmp_path_factory):
    """Of one iteration, as a dict."""
    work_dir = tmp_path_factory.mktemp('first')
    train(load_config(tiny_config, {'work_dir': str(work_dir), **BRIEFLY}))
    return torch.load(work_dir / 'iter_1.pth', weights_only=False)


def logs_of(work_dir):
    return '\n'.join(log.read_text() for log in work_dir.glob('*/*.log'))


@pytest.fixture
def start(checkpoint, tiny_config, tmp_path):
    """Trains or scores from a changed checkpoint; gives what was logged."""

    def start(weights=None, only=None, classes=None, extra=None, then=train, **options):
        content = {
            **checkpoint,
            'state_dict': only or {**checkpoint['state_dict'], **(weights or {})},
            'extra': extra,
        }
        classes = classes or checkpoint['meta']['dataset_meta']['classes']
        content['meta'] = {**checkpoint['meta'], 'dataset_meta': {'classes': classes}}
        file = tmp_path / 'start.pth'
        torch.save(content, file)
        cfg = load_config(
            tiny_config, {'work_dir': str(tmp_path / 'work'), **BRIEFLY, 'train_cfg.max_iters': 2}
        )
        if then is score:
            score(cfg, file, **options)
        else:
            source = options.pop('source', 'load_from')
            train(cfg, **{source: str(file)}, **options)
        return logs_of(tmp_path / 'work')

    return start


def classifier(rows):
    return {
        'decode_head.conv_seg.weight': torch.zeros(rows, 16, 1, 1),
        'decode_head.conv_seg.bias': torch.zeros(rows),
    }


@pytest.mark.parametrize(
    ('then', 'options'),
    [(train, {}), (train, {'source': 'resume'}), (score, {})],
    ids=['load', 'resume', 'test'],
)
def test_names_of_the_published_code_and_objects_that_need_trust(checkpoint, start, then, options):
    """`mlp.dwconv.dwconv.*`, see test_published_checkpoints.py, which compares with what that code saves."""
    nested = {
        key.replace('mlp.dwconv.', 'mlp.dwconv.dwconv.'): value
        for key, value in checkpoint['state_dict'].items()
    }
    assert nested.keys() != checkpoint['state_dict'].keys()
    with pytest.raises(UserError, match=r'start\.pth was refused: .*Foreign.*--trust-checkpoint'):
        start(only=nested, extra=Foreign(), then=then, **options)
    said = start(only=nested, extra=Foreign(), then=then, trust=True, **options)
    assert f'{len(nested)} tensors from ' in said


@pytest.mark.parametrize('then', [train, score])
def test_spare_rows_and_classes_in_another_order(start, then):
    said = start(classifier(150), classes=CELEBAMASK_HQ_SEGFACE.classes, then=then)
    assert 'decode_head.conv_seg has 150 rows, the first 19 were kept' in said
    assert re.search(
        'WARNING.* trained on the same 19 classes in another order: id 1 is neck there and skin here', said
    )


def test_a_training_with_other_classes_starts_with_a_new_classifier(start):
    said = start(classifier(150), classes=[f'place {i}' for i in range(150)])
    assert 'decode_head.conv_seg tells 150 other classes apart: left out, to be trained anew' in said
    assert 'trained on 150 classes instead of 19: id 0 is place 0 there and background here' in said


def test_other_classes_cannot_be_scored(start):
    with pytest.raises(
        UserError, match=r'The checkpoint has 150 classes .place 0, place 1, place 2 and 147 more.; the'
    ):
        start(classifier(150), classes=[f'place {i}' for i in range(150)], then=score)


def test_every_key_that_does_not_fit_is_in_the_log_file(start, tmp_path, capsys):
    wrong = {f'neck.{i}': torch.zeros(1) for i in range(9)}
    with pytest.raises(UserError, match=r'unexpected: neck\.0, neck\.1, neck\.2 and 6 more'):
        start(wrong)
    assert re.findall(r'unexpected: (neck\.\d)$', logs_of(tmp_path / 'work'), re.M) == list(wrong)
    assert 'neck.8' not in capsys.readouterr().err


def test_trust_reaches_the_pretrained_backbone(checkpoint, tiny_config, tmp_path):
    backbone = {k: v for k, v in checkpoint['state_dict'].items() if k.startswith('backbone.')}
    torch.save({'state_dict': backbone, 'extra': Foreign()}, tmp_path / 'mscan.pth')
    cfg = load_config(tiny_config, {'work_dir': str(tmp_path / 'work'), **BRIEFLY})
    cfg.model.backbone.init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'mscan.pth'))
    with pytest.raises(UserError, match=r'mscan\.pth was refused'):
        train(copy.deepcopy(cfg))
    train(cfg, trust=True)


def test_a_training_with_averages_starts_and_is_scored(checkpoint, tiny_config, tmp_path):
    """EMAHook wants the weights as mmengine names them, and knows no averages before a training has begun."""

    def averaging(**options):
        cfg = load_config(tiny_config, {'work_dir': str(tmp_path / 'work'), **BRIEFLY, **options})
        cfg.custom_hooks = [*cfg.custom_hooks, dict(type='FaceEMAHook')]
        return cfg

    weights = {
        f'module.{key}': value for key, value in {**checkpoint['state_dict'], **classifier(150)}.items()
    }
    torch.save(weights, tmp_path / 'bare.pth')
    train(averaging(), load_from=str(tmp_path / 'bare.pth'))
    resumed = train(averaging(**{'train_cfg.max_iters': 2}), resume=str(tmp_path / 'work/iter_1.pth'))
    score(averaging(), tmp_path / 'work/iter_2.pth')
    saved = torch.load(tmp_path / 'work/iter_2.pth', weights_only=False)
    source = saved['ema_state_dict']['module.decode_head.conv_seg.bias']
    assert torch.equal(resumed.model.decode_head.conv_seg.bias, source)
    assert not torch.equal(saved['state_dict']['decode_head.conv_seg.bias'], source)


def test_a_name_of_published_weights_is_taken_everywhere(checkpoint, tiny_config, tmp_path, monkeypatch):
    monkeypatch.setenv('FACENEXT_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setenv('FACENEXT_OFFLINE', '1')
    file = source_of_weights(get_entry(PUBLISHED)).file  # which nobody documents a hash of
    file.parent.mkdir(parents=True)
    torch.save(checkpoint, file)
    options = {'work_dir': str(tmp_path / 'work'), **BRIEFLY, 'train_cfg.max_iters': 2}
    init_cfg = dict(type='Pretrained', checkpoint=PUBLISHED)
    for then in (
        lambda cfg: score(cfg, PUBLISHED),
        lambda cfg: train(cfg, load_from=PUBLISHED),
        lambda cfg: MODELS.build({**cfg.model.backbone, 'init_cfg': init_cfg}).init_weights(),
        lambda cfg: publish(PUBLISHED, tmp_path / 'published.pth'),
    ):
        then(load_config(tiny_config, options))
    name = PUBLISHED.replace('tiny', 'tinny')
    for then in (
        lambda cfg: train(cfg, load_from=name),
        lambda cfg: MODELS.build({**cfg.model.backbone, 'pretrained': name}).init_weights(),
    ):
        with pytest.raises(
            UserError, match=f'no published weights of that name; the nearest are {PUBLISHED}'
        ):
            then(load_config(tiny_config, options))
