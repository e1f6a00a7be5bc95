"""Merging predictions of a photo and of its mirror image, by hand."""

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mmseg_facenext.models.segmentors.face_tta_model import FaceTTAModel
from mmseg_facenext.taxonomy import CELEBAMASK_HQ, CELEBAMASK_HQ_SEGFACE, LAPA


class Segmentor(nn.Module):
    def test_step(self, data):
        raise AssertionError('predictions are given here')


def sample(logits, flip):
    """A prediction as the segmentor leaves it: mirrored back to the photo, with logits (C, H, W)."""
    return SegDataSample(metainfo={'flip': flip}, seg_logits=PixelData(data=logits))


def model(metainfo):
    built = FaceTTAModel(module=Segmentor())
    built.dataset_meta = metainfo
    return built


def one_pixel(classes, **probabilities):
    """Logits (C, 1, 1) whose softmax gives these probabilities; the other classes share what is left."""
    rest = (1 - sum(probabilities.values())) / (len(classes) - len(probabilities))
    return torch.tensor([probabilities.get(name, rest) for name in classes]).log().reshape(-1, 1, 1)


@pytest.mark.parametrize(
    ('space', 'left', 'right'),
    [
        (CELEBAMASK_HQ, 'l_eye', 'r_eye'),
        (CELEBAMASK_HQ_SEGFACE, 'l_brow', 'r_brow'),
        (LAPA, 'left_eye', 'right_eye'),
    ],
)
def test_left_in_the_mirror_is_right(space, left, right):
    """Left with 0.5 and, in the mirror, with 0.8: (0.5 + 0.1) / 2 for left, (0.3 + 0.8) / 2 for right."""
    plain = one_pixel(space.classes, **{left: 0.5, right: 0.3})
    mirrored = one_pixel(space.classes, **{left: 0.8, right: 0.1})
    metainfo = {'classes': space.classes, 'label_space': space.name}
    (merged,) = model(metainfo).merge_preds([[sample(plain, False), sample(mirrored, True)]])
    probabilities = merged.seg_logits.data[:, 0, 0]
    assert probabilities[space.index(left)] == pytest.approx(0.3)
    assert probabilities[space.index(right)] == pytest.approx(0.55)
    assert probabilities.sum() == pytest.approx(1)
    assert merged.pred_sem_seg.data.tolist() == [[[space.index(right)]]]


def test_lips_have_no_sides():
    classes = CELEBAMASK_HQ.classes
    plain = one_pixel(classes, l_lip=0.4, u_lip=0.5)
    mirrored = one_pixel(classes, l_lip=0.8, u_lip=0.1)
    metainfo = {'classes': classes, 'label_space': 'celebamask_hq'}
    (merged,) = model(metainfo).merge_preds([[sample(plain, False), sample(mirrored, True)]])
    assert merged.pred_sem_seg.data.tolist() == [[[CELEBAMASK_HQ.index('l_lip')]]]


def test_pixels_and_photos_stay_where_they_are():
    """Two photos of 1x2 pixels, each with its mirror image: the left pixel is left brow, the right one right."""
    classes = ('r_brow', 'skin', 'l_brow')
    plain = torch.tensor([[[0.0, 4.0]], [[0.0, 0.0]], [[4.0, 0.0]]])  # (C, H, W)
    mirrored = plain.flip(0)
    skin = torch.tensor([0.0, 9.0, 0.0]).reshape(3, 1, 1).expand(3, 1, 2)
    merged = model({'classes': classes, 'label_space': 'celebamask_hq'}).merge_preds(
        [[sample(plain, False), sample(mirrored, True)], [sample(skin, False), sample(skin, True)]]
    )
    assert [one.pred_sem_seg.data.tolist() for one in merged] == [[[[2, 0]]], [[[1, 1]]]]


def test_a_class_without_its_other_side_keeps_its_place():
    classes = ('skin', 'l_eye')
    logits = one_pixel(classes, skin=0.2)
    metainfo = {'classes': classes, 'label_space': 'celebamask_hq'}
    (merged,) = model(metainfo).merge_preds([[sample(logits, False), sample(logits, True)]])
    assert merged.seg_logits.data.flatten().tolist() == pytest.approx([0.2, 0.8])


def test_a_data_set_without_label_space_has_no_sides():
    logits = one_pixel(('wall', 'sky'), wall=0.7)
    (merged,) = model({'classes': ('wall', 'sky')}).merge_preds([[sample(logits, True)]])
    assert merged.seg_logits.data.flatten().tolist() == pytest.approx([0.7, 0.3])


def test_one_augmentation_at_a_time_is_held():
    """Predictions of earlier augmentations have given their logits away when the next one is made."""
    made = []

    class Recording(nn.Module):
        def test_step(self, data):
            assert not any('seg_logits' in earlier for earlier in made)
            made.append(sample(one_pixel(('wall', 'sky'), wall=data['inputs'][0]), flip=False))
            return made[-1:]

    tta = FaceTTAModel(module=Recording())
    tta.dataset_meta = {'classes': ('wall', 'sky')}
    (merged,) = tta.test_step({'inputs': [[0.7], [0.4], [0.1]]})
    assert merged.seg_logits.data.flatten().tolist() == pytest.approx([0.4, 0.6])
    assert merged is made[0]
