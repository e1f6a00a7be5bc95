import math

import pytest
import torch
from mmseg.evaluation import IoUMetric

from mmseg_facenext.evaluation import confusion_matrix, scores


def test_counts_by_hand():
    label = torch.tensor([[0, 0, 1], [1, 255, 2]])
    pred = torch.tensor([[0, 1, 1], [1, 2, 0]])
    expected = torch.tensor([[1, 1, 0], [0, 2, 0], [1, 0, 0]])
    assert torch.equal(confusion_matrix(pred, label, 3, ignore_index=255), expected)


def test_small_integer_types_do_not_overflow():
    label = torch.full((2, 2), 149, dtype=torch.uint8)
    confusion = confusion_matrix(label, label, 150, ignore_index=255)
    assert confusion.dtype == torch.int64
    assert confusion[149, 149] == 4
    assert confusion.sum() == 4


def test_everything_ignored_counts_nothing():
    label = torch.full((2, 2), 255)
    assert confusion_matrix(torch.zeros_like(label), label, 3, 255).sum() == 0


def test_runs_in_deterministic_mode():
    torch.use_deterministic_algorithms(True)
    try:
        confusion_matrix(torch.zeros(2, 2).long(), torch.zeros(2, 2).long(), 2, 255)
    finally:
        torch.use_deterministic_algorithms(False)


def test_scores_by_hand():
    # labels: 4 of class 0 (3 hit, 1 taken for 1), 2 of class 1 (1 hit, 1 taken for 0), class 2 in neither,
    # class 3 only predicted, for one more pixel of class 0
    s = scores(torch.tensor([[3, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]), background=0)
    nan = math.nan
    torch.testing.assert_close(s.iou.tolist(), [3 / 6, 1 / 3, nan, 0.0], equal_nan=True)
    torch.testing.assert_close(s.accuracy.tolist(), [3 / 5, 1 / 2, nan, nan], equal_nan=True)
    torch.testing.assert_close(s.precision.tolist(), [3 / 4, 1 / 2, nan, 0.0], equal_nan=True)
    torch.testing.assert_close(s.f1.tolist(), [6 / 9, 2 / 4, nan, 0.0], equal_nan=True)
    torch.testing.assert_close(s.share.tolist(), [5 / 7, 2 / 7, 0.0, 0.0])
    assert s.pixel_accuracy == pytest.approx(4 / 7)
    assert s.mean('iou') == pytest.approx((3 / 6 + 1 / 3 + 0) / 3)
    assert s.mean('iou', foreground=True) == pytest.approx((1 / 3 + 0) / 2)
    assert s.mean('accuracy') == pytest.approx((3 / 5 + 1 / 2) / 2)


def test_background_may_be_any_class_or_none():
    confusion = torch.tensor([[1, 1, 0], [0, 1, 0], [0, 0, 5]])  # IoU 1/2, 1/2, 1
    assert scores(confusion, background=2).mean('iou', foreground=True) == pytest.approx(0.5)
    assert scores(confusion, background=None).mean('iou', foreground=True) == pytest.approx(2 / 3)


def test_without_pixels_there_are_no_scores():
    s = scores(torch.zeros(3, 3, dtype=torch.int64))
    assert math.isnan(s.pixel_accuracy)
    assert math.isnan(s.mean('iou'))


@pytest.mark.parametrize('seed', range(5))
def test_upstream_gives_the_same_scores(seed):
    """Class 4 is only predicted, class 5 only labelled, class 6 absent; some pixels are ignored."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(0, 4, (40, 50), generator=generator)
    pred = torch.where(
        torch.rand(40, 50, generator=generator) < 0.7,
        label,
        torch.randint(0, 5, (40, 50), generator=generator),
    )
    label[:3], label[3:6] = 255, 5

    s = scores(confusion_matrix(pred, label, 7, ignore_index=255), background=None)
    areas = IoUMetric.intersect_and_union(pred, label, 7, 255)
    theirs = IoUMetric.total_area_to_metrics(*areas, metrics=['mIoU', 'mDice', 'mFscore'])
    theirs = {key: torch.as_tensor(value, dtype=torch.float64) for key, value in theirs.items()}

    pairs = {'IoU': s.iou, 'Acc': s.accuracy, 'Dice': s.f1, 'Precision': s.precision, 'Recall': s.accuracy}
    for key, ours in pairs.items():
        torch.testing.assert_close(ours, theirs[key], equal_nan=True, rtol=1e-6, atol=1e-6)
    assert s.pixel_accuracy == pytest.approx(theirs['aAcc'].item())
    # F1 is the same except where there is no hit, which upstream leaves undefined
    hit = s.f1 > 0
    torch.testing.assert_close(s.f1[hit], theirs['Fscore'][hit], rtol=1e-6, atol=1e-6)
    assert theirs['Fscore'][~hit].isnan().all()
    torch.testing.assert_close(s.f1[4:].tolist(), [0.0, 0.0, math.nan], equal_nan=True)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
def test_same_counts_on_gpu():
    pred, label = torch.randint(0, 19, (2, 512, 512), generator=torch.Generator().manual_seed(0))
    torch.use_deterministic_algorithms(True)
    try:
        on_gpu = confusion_matrix(pred.cuda(), label.cuda(), 19, 255)
    finally:
        torch.use_deterministic_algorithms(False)
    assert on_gpu.is_cuda
    assert torch.equal(on_gpu.cpu(), confusion_matrix(pred, label, 19, 255))
