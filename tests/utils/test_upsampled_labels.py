"""Both ways from logits to labels, against resizing all classes at once."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmseg_facenext.models.segmentors import labels_of_tensor as tensor_way
from mmseg_facenext.models.segmentors.labels_of_tensor import labels_by_torch, labels_of_tensor
from mmseg_facenext.utils import upsampled_labels
from mmseg_facenext.utils.upsampled_labels import source_rows

SIZES = [
    ((9, 11), (40, 23)),
    ((9, 11), (9, 11)),
    ((16, 16), (129, 257)),
    ((40, 23), (9, 11)),  # smaller than the network's size
    ((40, 23), (7, 90)),
    ((8, 8), (1, 1)),
    ((1, 1), (5, 3)),
    ((1, 7), (4, 1)),
    ((64, 48), (300, 1)),
    ((64, 48), (1, 300)),
]
sizes = pytest.mark.parametrize(('small', 'size'), SIZES, ids=str)


@pytest.fixture(params=[1, 100, 2**17], ids=lambda pixels: f'strips of {pixels}')
def strip(request, monkeypatch):
    for module in (upsampled_labels, tensor_way):
        monkeypatch.setattr(module, 'PIXELS_PER_STRIP', request.param)


def noise(classes, size):
    return torch.randn(classes, *size, generator=torch.Generator().manual_seed(0))


def plain(logits, size, align_corners=False):
    resized = F.interpolate(logits[None], size, mode='bilinear', align_corners=align_corners)
    return resized.argmax(1)[0].numpy()


@sizes
@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.usefixtures('strip')
def test_tensors(small, size, align_corners):
    for find in (labels_of_tensor, labels_by_torch):
        labels = find(noise(7, small), size, align_corners)
        assert labels.dtype == torch.uint8
        np.testing.assert_array_equal(labels.numpy(), plain(noise(7, small), size, align_corners))


@sizes
@pytest.mark.usefixtures('strip')
def test_arrays(small, size):
    labels = upsampled_labels.labels_of_array(noise(7, small).numpy(), size)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, plain(noise(7, small), size))


def both(logits, size):
    return labels_by_torch(logits, size, False).numpy(), upsampled_labels.labels_of_array(
        logits.numpy(), size
    )


def test_of_equal_logits_the_first_class_wins():
    logits = noise(3, (12, 10))
    for labels in both(torch.cat([logits, logits]), (37, 41)):
        np.testing.assert_array_equal(labels, plain(logits, (37, 41)))
    for labels in both(torch.zeros(4, 5, 5), (9, 9)):
        assert not labels.any()


def test_one_class():
    for labels in both(noise(1, (4, 4)), (9, 6)):
        np.testing.assert_array_equal(labels, np.zeros((9, 6)))


def test_bf16_logits_are_resized_in_float32():
    logits = noise(5, (16, 16)).bfloat16()
    for find in (labels_of_tensor, labels_by_torch):
        labels = find(logits, (50, 50), False).numpy()
        np.testing.assert_array_equal(labels, plain(logits.float(), (50, 50)))


def test_source_rows_by_hand():
    """2 rows to 4: centres at -0.25, 0.25, 0.75, 1.25, the outer ones held at the border."""
    upper, lower, weight = source_rows(2, 4)
    np.testing.assert_array_equal(upper, [0, 0, 0, 1])
    np.testing.assert_array_equal(lower, [1, 1, 1, 1])
    np.testing.assert_allclose(weight, [0, 0.25, 0.75, 0.25])
    np.testing.assert_allclose(source_rows(2, 3, align_corners=True)[2], [0, 0.5, 0])
