"""mmseg's losses with class weights, one output and on a CPU, against PyTorch's own and formulas by hand."""

import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS

from mmseg_facenext.errors import UserError
from mmseg_facenext.models.losses.mended import mend_losses

WEIGHTS = [1.0, 5.0, 0.5]


def loss_of(classes=3, outputs=None, **loss):
    head = MODELS.build(
        dict(type='FCNHead', in_channels=4, channels=4, num_convs=1, num_classes=classes, out_channels=outputs,
             threshold=0.5, loss_decode=loss)
    )  # fmt: skip
    mend_losses(head)
    return head.loss_decode


@pytest.fixture
def batch():
    torch.manual_seed(0)
    labels = torch.randint(0, 3, (2, 6, 7))
    labels[0, :2] = 255
    return torch.randn(2, 3, 6, 7), labels


@pytest.mark.parametrize('avg_non_ignore', [True, False])
def test_weighted_cross_entropy_is_pytorchs(batch, avg_non_ignore):
    logits, labels = batch
    loss = loss_of(type='CrossEntropyLoss', class_weight=WEIGHTS, avg_non_ignore=avg_non_ignore)
    expected = F.cross_entropy(logits, labels, torch.tensor(WEIGHTS), ignore_index=255)
    torch.testing.assert_close(loss(logits, labels, ignore_index=255), expected)
    assert loss(logits, torch.full_like(labels, 255), ignore_index=255) == 0


def test_weighted_sigmoid_weights_classes_and_not_columns(batch):
    logits, labels = (
        batch[0][..., :3],
        batch[1][..., :3],
    )  # as wide as there are classes: upstream says nothing
    loss = loss_of(type='CrossEntropyLoss', use_sigmoid=True, class_weight=WEIGHTS, avg_non_ignore=True)
    counted = labels != 255
    truth = F.one_hot(labels.where(counted, 0), 3).permute(0, 3, 1, 2).float()
    each = -(
        truth * F.logsigmoid(logits) * torch.tensor(WEIGHTS)[:, None, None]
        + (1 - truth) * F.logsigmoid(-logits)
    )
    expected = (each * counted[:, None]).sum() / (3 * counted.sum())
    torch.testing.assert_close(loss(logits, labels, ignore_index=255), expected)


def test_one_output(batch):
    logits, labels = batch[0][:, :1], batch[1].clamp(max=1).where(batch[1] != 255, 255)
    loss = loss_of(
        2, 1, type='CrossEntropyLoss', use_sigmoid=True, class_weight=[1.0, 3.0], avg_non_ignore=True
    )
    counted = labels != 255
    sign = torch.where(labels == 1, 1, -1)
    each = -F.logsigmoid(sign * logits[:, 0]) * torch.where(labels == 1, 3.0, 1.0)
    torch.testing.assert_close(loss(logits, labels, ignore_index=255), (each * counted).sum() / counted.sum())
    assert loss(logits, torch.full_like(labels, 255), ignore_index=255) == 0


@pytest.mark.parametrize('outputs', [3, 1])
def test_focal_loss_on_a_cpu(batch, outputs):
    """Lin et al., 2017: -alpha (1 - p)^gamma log p of the right side, here with alpha 0.25 and gamma 2."""
    logits, labels = batch[0][:, :outputs], batch[1] if outputs == 3 else batch[1] % 2
    loss = loss_of(3 if outputs == 3 else 2, outputs, type='FocalLoss', alpha=0.25, gamma=2.0)
    counted = labels != 255
    ids = torch.arange(3) if outputs == 3 else torch.ones(1)
    truth = (labels[:, None] == ids[:, None, None]).float()
    p = logits.sigmoid()
    each = -0.25 * truth * (1 - p) ** 2 * p.log() - 0.75 * (1 - truth) * p**2 * (1 - p).log()
    expected = (each * counted[:, None]).mean()
    torch.testing.assert_close(loss(logits, labels, ignore_index=255), expected)


@pytest.mark.parametrize('kind', ['CrossEntropyLoss', 'FocalLoss', 'TverskyLoss'])
def test_weights_for_other_classes_are_refused(kind):
    with pytest.raises(UserError, match='has 2 class weights for 3 classes'):
        loss_of(type=kind, class_weight=[1.0, 2.0])


def test_softmax_of_one_output_is_refused():
    with pytest.raises(UserError, match=r'softmax is always 1: set loss_decode.use_sigmoid=True'):
        loss_of(2, 1, type='CrossEntropyLoss')
