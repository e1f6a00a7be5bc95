import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmseg_facenext.errors import UserError
from mmseg_facenext.models import FacePreProcessor, RandomBatchResize


def sample(labels):
    return SegDataSample(gt_sem_seg=PixelData(data=labels))


def test_photos_and_labels_shrink_and_grow_alike():
    photo = (
        torch.arange(16.0).reshape(1, 1, 4, 4).repeat_interleave(2, 2).repeat_interleave(2, 3)
    )  # (1, 1, 8, 8)
    labels = photo[0].long()
    small, (half,) = RandomBatchResize([4])(photo, [sample(labels)])
    torch.testing.assert_close(half.gt_sem_seg.data, torch.arange(16).reshape(1, 4, 4))
    torch.testing.assert_close(small[0, 0, 1:3, 1:3], torch.tensor([[5.0, 6.0], [9.0, 10.0]]))
    wide, (grown,) = RandomBatchResize([16])(photo[:, :, :4], [sample(labels[:, :4])])
    assert wide.shape == (1, 1, 8, 16)
    torch.testing.assert_close(
        grown.gt_sem_seg.data, labels[:, :4].repeat_interleave(2, 1).repeat_interleave(2, 2)
    )


def test_every_size_is_drawn_and_none_is_refused():
    torch.manual_seed(0)
    augment = RandomBatchResize([4, 6, 8])
    labels = torch.zeros(1, 8, 8, dtype=torch.uint8)
    drawn = {augment(torch.zeros(1, 3, 8, 8), [sample(labels)])[0].shape[-1] for _ in range(30)}
    assert drawn == {4, 6, 8}
    with pytest.raises(UserError, match='sizes'):
        RandomBatchResize([])


def test_the_preprocessor_builds_and_calls_it_in_training_only():
    augments = [dict(type='RandomBatchResize', sizes=(4,)), dict(type='RandomBatchResize', sizes=(6,))]
    preprocessor = FacePreProcessor(mean=[0, 0, 0], std=[1, 1, 1], size=(8, 8), batch_augments=augments)

    def batch():
        labels = torch.ones(1, 8, 8, dtype=torch.uint8)
        return {'inputs': [torch.zeros(3, 8, 8, dtype=torch.uint8)], 'data_samples': [sample(labels)]}

    trained = preprocessor(batch(), training=True)
    assert trained['inputs'].shape == (1, 3, 6, 6)
    assert trained['data_samples'][0].gt_sem_seg.data.shape == (1, 6, 6)
    assert preprocessor(batch(), training=False)['inputs'].shape == (1, 3, 8, 8)
