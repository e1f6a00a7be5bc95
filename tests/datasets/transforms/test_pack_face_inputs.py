import numpy as np
import pytest
import torch
from mmseg.datasets.transforms import PackSegInputs as UpstreamPackSegInputs
from mmseg.models import SegDataPreProcessor as UpstreamSegDataPreProcessor
from mmseg.registry import MODELS, TRANSFORMS

from mmseg_facenext.datasets import PackFaceInputs

LABELS = np.random.default_rng(0).choice(np.uint8([0, 1, 18, 255]), (12, 16))


def packed(transform, labels=LABELS, **more):
    image = np.arange(labels.size * 3, dtype=np.uint8).reshape(*labels.shape[:2], 3)
    return transform()({'img': image, 'gt_seg_map': labels, 'img_path': 'a.jpg', **more})


@pytest.mark.parametrize('view', [np.s_[:], np.s_[3:7, 2:9], np.s_[:, ::-1]], ids=str)
def test_samples_are_those_of_mmseg_but_labels_are_bytes(view):
    assert TRANSFORMS.get('PackFaceInputs') is PackFaceInputs
    labels = LABELS[view]
    result, expected = packed(PackFaceInputs, labels), packed(UpstreamPackSegInputs, labels)
    assert torch.equal(result['inputs'], expected['inputs'])
    assert result['data_samples'].metainfo == expected['data_samples'].metainfo
    data = result['data_samples'].gt_sem_seg.data
    assert data.dtype == torch.uint8
    assert data.is_contiguous()
    assert torch.equal(data.long(), expected['data_samples'].gt_sem_seg.data)


def test_other_labels_and_further_maps_are_packed_as_mmseg_packs_them():
    edges = {'gt_edge_map': np.ones((12, 16), np.uint8)}
    assert packed(PackFaceInputs, **edges)['data_samples'].gt_edge_map.data.dtype == torch.int64
    wide = packed(PackFaceInputs, LABELS.astype(np.int32) + 1000)['data_samples'].gt_sem_seg.data
    assert torch.equal(wide[0], torch.from_numpy(LABELS).long() + 1000)


@pytest.mark.parametrize('training', [True, False])
def test_after_the_preprocessor_labels_are_those_of_mmseg(training):
    options = dict(mean=[1.0, 2.0, 3.0], std=[2.0] * 3, bgr_to_rgb=True, size=(20, 20), seg_pad_val=-1)
    ours = MODELS.get('FacePreProcessor')(**options)
    upstream = UpstreamSegDataPreProcessor(**options)
    outputs = []
    for pack, preprocess in ((PackFaceInputs, ours), (UpstreamPackSegInputs, upstream)):
        sample = packed(pack)
        batch = {key: [value] * 2 for key, value in sample.items()}
        outputs.append(preprocess(batch, training))
    result, expected = outputs
    assert torch.equal(result['inputs'], expected['inputs'])
    for here, there in zip(result['data_samples'], expected['data_samples'], strict=True):
        assert here.gt_sem_seg.data.dtype == torch.int64
        assert torch.equal(here.gt_sem_seg.data, there.gt_sem_seg.data)
