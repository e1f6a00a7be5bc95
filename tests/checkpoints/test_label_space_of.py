import logging

import pytest

from mmseg_facenext.checkpoints import LoadReport
from mmseg_facenext.checkpoints.label_space_of import label_space_of
from mmseg_facenext.errors import UserError
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE


def report(classes, **meta):
    return LoadReport('x.pth', 1, (), (), tuple(classes) if classes else None, meta)


def test_config_alone(config, make_config):
    assert label_space_of(config, None, 19) is CELEBAMASK_HQ
    assert label_space_of(config, report(None), 19) is CELEBAMASK_HQ
    segface = make_config(label_space='celebamask_hq_segface')
    assert label_space_of(segface, None, 19) is CELEBAMASK_HQ_SEGFACE


def test_wrapped_dataset(config):
    config.test_dataloader.dataset = {'type': 'ConcatDataset', 'datasets': [config.test_dataloader.dataset]}
    assert label_space_of(config, None, 19) is CELEBAMASK_HQ


def test_agreement_is_silent(config, caplog):
    assert label_space_of(config, report(CELEBAMASK_HQ.classes), 19) is CELEBAMASK_HQ
    assert not caplog.records


def test_checkpoint_is_believed_and_the_disagreement_named(config, caplog):
    caplog.set_level(logging.WARNING)
    assert label_space_of(config, report(CELEBAMASK_HQ_SEGFACE.classes), 19) is CELEBAMASK_HQ_SEGFACE
    assert 'the same 19 classes in another order: id 1 is neck there and skin here' in caplog.text
    assert 'its classes: celebamask_hq_segface; the config: celebamask_hq' in caplog.text


def test_checkpoint_with_other_number_of_classes(config, caplog):
    assert label_space_of(config, report('abc'), 19) is CELEBAMASK_HQ
    assert '3 classes instead of 19: id 0 is a there and background here' in caplog.text


def test_other_data_set(config):
    config.test_dataloader.dataset.type = 'ADE20KDataset'
    space = label_space_of(config, None, 150)
    assert (space.name, space.classes[:3]) == ('ADE20KDataset', ('wall', 'building', 'sky'))
    assert space.palette[0] == (120, 120, 120)


def test_own_classes_without_colours(config):
    config.test_dataloader.dataset.metainfo = {'classes': ('face', 'not_face')}
    space = label_space_of(config, report(['face', 'not_face']), 2)
    assert space.titles == ('face', 'not face')


def test_names_without_colours_get_different_ones():
    from mmengine.config import Config

    space = label_space_of(Config({}), report(['one', 'two_words', 'three']), 3)
    assert space.titles == ('one', 'two words', 'three')
    assert len(set(space.palette)) == 3


def test_number_of_outputs_fits_nothing(config):
    with pytest.raises(UserError, match=r'has 18 outputs, .* classes is 19 \(celebamask_hq\)'):
        label_space_of(config, None, 18)


def test_more_outputs_than_classes_have_numbers(config):
    space = label_space_of(config, None, 150)
    assert space.classes[:20] == (*CELEBAMASK_HQ.classes, 'class_19')
    assert space.num_classes == 150
