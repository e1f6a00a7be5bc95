"""ClassDiceLoss against the formula worked out by hand."""

import pytest
import torch

from mmseg_facenext.models import ClassDiceLoss


def logits_of(probabilities: list) -> torch.Tensor:
    """(1, C, 1, W) logits whose softmax is the (C, W) given."""
    return torch.tensor(probabilities).log()[None, :, None]


def test_two_pixels_by_hand():
    logits = logits_of([[0.8, 0.4], [0.2, 0.6]])
    labels = torch.tensor([[[0, 1]]])
    # class 0: 2 * 0.8 / (0.64 + 0.16 + 1); class 1: 2 * 0.6 / (0.04 + 0.36 + 1)
    expected = 1 - (1.6 / 1.8 + 1.2 / 1.4) / 2
    assert ClassDiceLoss(smooth=0)(logits, labels).item() == pytest.approx(expected, abs=1e-6)


def test_ignored_pixels_have_no_say_and_no_gradient():
    logits = logits_of([[0.8, 0.4, 0.1], [0.2, 0.6, 0.9]]).requires_grad_()
    loss = ClassDiceLoss()(logits, torch.tensor([[[0, 1, 255]]]))
    without = ClassDiceLoss()(logits[..., :2], torch.tensor([[[0, 1]]]))
    torch.testing.assert_close(loss, without)
    loss.backward()
    assert torch.equal(logits.grad[..., 2], torch.zeros(1, 2, 1))


def test_weights_of_pixels_and_of_the_term():
    logits, labels = logits_of([[0.8, 0.4], [0.2, 0.6]]), torch.tensor([[[0, 1]]])
    first = ClassDiceLoss()(logits, labels, weight=torch.tensor([[[1.0, 0.0]]]))
    torch.testing.assert_close(first, ClassDiceLoss()(logits, torch.tensor([[[0, 255]]])))
    torch.testing.assert_close(
        ClassDiceLoss(loss_weight=0.5)(logits, labels), 0.5 * ClassDiceLoss()(logits, labels)
    )


def test_a_small_class_weighs_as_much_as_a_large_one():
    labels = torch.zeros(1, 10, 10, dtype=torch.long)
    labels[0, 0, 0] = 1
    all_background = torch.zeros(1, 2, 10, 10)
    all_background[:, 0] = 20
    assert ClassDiceLoss()(all_background, labels).item() == pytest.approx(0.5, abs=0.01)
