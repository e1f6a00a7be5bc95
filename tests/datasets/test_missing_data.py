"""Data sets that are not where the config says."""

import importlib
import shutil
from pathlib import Path

import pytest
from mmengine.registry import init_default_scope
from scene_trees import write_ade, write_cityscapes, write_pair, write_voc

from mmseg_facenext.engine.runner import FaceRunner
from mmseg_facenext.errors import UserError

ADE = dict(
    type='ADE20KDataset',
    data_prefix=dict(img_path='images/training', seg_map_path='annotations/training'),
)
CITYSCAPES = dict(
    type='CityscapesDataset',
    data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'),
)
VOC = dict(
    type='PascalVOCDataset',
    data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'),
    ann_file='ImageSets/Segmentation/train.txt',
)


def build(dataset: dict, root: Path | None, scope: str = 'mmseg'):
    init_default_scope(scope)
    if root is not None:
        dataset = {**dataset, 'data_root': str(root)}
    return FaceRunner.build_dataloader(
        dict(dataset=dataset, sampler=dict(type='DefaultSampler'), batch_size=1)
    )


def refused(message: str, dataset: dict, root: Path | None, scope: str = 'mmseg'):
    with pytest.raises(UserError, match=message):
        build(dataset, root, scope)


def test_complete_trees_are_read(tmp_path):
    for dataset, write in ((ADE, write_ade), (CITYSCAPES, write_cityscapes), (VOC, write_voc)):
        write(tmp_path)
        assert len(build(dataset, tmp_path).dataset) > 0


@pytest.mark.parametrize('dataset', [ADE, CITYSCAPES, VOC])
def test_a_missing_root_is_named_with_its_folder(dataset, tmp_path):
    wanted = tmp_path / 'nowhere' / dataset['data_prefix']['img_path']
    refused(f'{dataset["type"]}: no folder {wanted}; docs/data.md', dataset, tmp_path / 'nowhere')


def test_a_root_one_level_too_high_or_low_is_corrected(tmp_path):
    root = tmp_path / 'ADEChallengeData2016'
    write_ade(root)
    refused(f'the data_root to give is {root}$', ADE, tmp_path)
    refused(f'the data_root to give is {root}$', ADE, root / 'images')


def test_a_missing_list_of_names(tmp_path):
    write_voc(tmp_path)
    (tmp_path / 'ImageSets/Segmentation/train.txt').unlink()
    refused(r'no file .*ImageSets/Segmentation/train.txt', VOC, tmp_path)


@pytest.mark.parametrize('wrapper', ['ConcatDataset', 'RepeatDataset'])
def test_data_sets_in_data_sets(wrapper, tmp_path):
    inner = {**VOC, 'data_root': str(tmp_path / 'nowhere')}
    parts = dict(datasets=[inner]) if wrapper == 'ConcatDataset' else dict(dataset=inner, times=2)
    refused('PascalVOCDataset: no folder .*nowhere/JPEGImages', dict(type=wrapper, **parts), None)
    write_voc(tmp_path / 'nowhere')
    (tmp_path / 'nowhere/SegmentationClass/a.png').unlink()
    refused(r'1 of its files are missing, .*Class/a.png', dict(type=wrapper, **parts), None)


def test_labels_that_were_not_converted(tmp_path):
    """Cityscapes comes without `*_labelTrainIds.png`: mmseg would notice in the middle of the training."""
    write_cityscapes(tmp_path)
    for labels in tmp_path.rglob('*_labelTrainIds.png'):
        labels.rename(str(labels).replace('labelTrainIds', 'labelIds'))
    refused(r'2 of its files are missing, .*_gtFine_labelTrainIds.png .* converted', CITYSCAPES, tmp_path)


def test_labels_that_mean_no_class(tmp_path):
    """ADE20K's file holds 0, 1 and 151: the last would be class 150 of 0 to 149."""
    write_ade(tmp_path)
    first = tmp_path / 'annotations/training/ADE_0.png'
    write_pair(tmp_path / 'images/training/ADE_0.jpg', first, [0, 1, 151])
    refused(
        f'{first} has labels that mean the classes 150; ADE20KDataset has the classes 0 to 149', ADE, tmp_path
    )


def test_a_single_missing_photo(tmp_path):
    write_voc(tmp_path)
    (tmp_path / 'JPEGImages/a.jpg').unlink()
    refused(r'1 of its files are missing, .*JPEGImages/a.jpg', VOC, tmp_path)


def test_a_missing_label_folder(tmp_path):
    write_ade(tmp_path)
    shutil.rmtree(tmp_path / 'annotations')
    refused('2 of its files are missing, .*annotations/training', ADE, tmp_path)


def test_imagenet(tmp_path):
    pytest.importorskip('mmpretrain')
    importlib.import_module('mmseg_facenext.pretraining')
    dataset = dict(type='ImageNet', split='train', metainfo=dict(classes=['a', 'b']))
    refused(f'ImageNet: no folder {tmp_path}/train', dataset, tmp_path, 'mmpretrain')
    for name in 'ab':
        (tmp_path / 'train' / name).mkdir(parents=True)
    refused('ImageNet: .*Found 0 files', dataset, tmp_path, 'mmpretrain')
