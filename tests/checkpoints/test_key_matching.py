"""Classifier rows and second sets of weights; `test_layouts.py` has whole checkpoints."""

import pytest
import torch

from mmseg_facenext.checkpoints import load_weights
from mmseg_facenext.errors import UserError

FACES = [f'face part {i}' for i in range(19)]
PLACES = [f'place {i}' for i in range(150)]


class Head(torch.nn.Module):
    def __init__(self, classes, channels=2):
        super().__init__()
        self.squeeze = torch.nn.Linear(1, 1)
        self.conv_seg = torch.nn.Conv2d(channels, classes, 1)


@pytest.fixture
def save(tmp_path):
    def save(rows, classes=None, channels=2):
        weights = Head(rows, channels).state_dict()
        meta = {'CLASSES': classes} if classes else {}
        torch.save({'state_dict': weights, 'meta': meta}, tmp_path / 'x.pth')
        return weights, tmp_path / 'x.pth'

    return save


@pytest.mark.parametrize(
    ('classes', 'remark'), [(FACES, 'names no more classes'), (None, 'names no classes: check them')]
)
def test_spare_rows_are_cut_and_the_report_says_so(save, classes, remark):
    weights, path = save(150, classes)
    head = Head(19)
    (note,) = load_weights(head, path).notes
    assert torch.equal(head.conv_seg.weight, weights['conv_seg.weight'][:19])
    assert torch.equal(head.conv_seg.bias, weights['conv_seg.bias'][:19])
    assert note == f'conv_seg has 150 rows, the first 19 were kept (the file {remark})'


@pytest.mark.parametrize(
    ('rows', 'classes', 'outputs', 'why'),
    [
        (150, PLACES, 19, 'the rows are places'),
        (150, PLACES[:20], 19, 'one row that would go has a name'),
        (19, None, 11, 'CelebAMask-HQ has 19 classes, LaPa 11: these rows are no spare ones'),
        (19, FACES, 150, 'rows are missing'),
    ],
)
def test_rows_that_mean_something_are_not_cut(save, rows, classes, outputs, why):
    _, path = save(rows, classes)
    with pytest.raises(
        UserError, match=rf'conv_seg\.weight \({rows}, 2, 1, 1\) but the model has \({outputs},'
    ):
        load_weights(Head(outputs), path)


@pytest.mark.parametrize(('rows', 'outputs'), [(150, 19), (19, 150)])
def test_a_training_with_other_classes_takes_all_but_the_classifier(save, rows, outputs):
    weights, path = save(rows, FACES if rows == 19 else PLACES)
    head = Head(outputs)
    before = head.conv_seg.weight.clone()
    report = load_weights(head, path, new_classes=True)
    assert report.notes == (f'conv_seg tells {rows} other classes apart: left out, to be trained anew',)
    assert report.missing == ('conv_seg.weight', 'conv_seg.bias')
    assert torch.equal(head.squeeze.weight, weights['squeeze.weight'])
    assert torch.equal(head.conv_seg.weight, before)


class Tokens(torch.nn.Module):
    def __init__(self, classes, channels=2):
        super().__init__()
        self.linear_fuse = torch.nn.Linear(channels, 1)
        self.class_tokens = torch.nn.Parameter(torch.randn(classes, channels))


@pytest.mark.parametrize(('theirs', 'ours'), [(19, 11), (11, 19)])
def test_a_training_with_other_classes_draws_the_tokens_of_segface_anew(tmp_path, theirs, ours):
    weights, head, path = Tokens(theirs).state_dict(), Tokens(ours), tmp_path / 'x.pth'
    torch.save(weights, path)
    before = head.class_tokens.clone()
    with pytest.raises(UserError, match=rf'class_tokens \({theirs}, 2\) but the model has \({ours}, 2\)'):
        load_weights(head, path)
    report = load_weights(head, path, new_classes=True)
    assert report.notes == (f'class_tokens tells {theirs} other classes apart: left out, to be trained anew',)
    assert report.missing == ('class_tokens',)
    assert torch.equal(head.linear_fuse.weight, weights['linear_fuse.weight'])
    assert torch.equal(head.class_tokens, before)
    torch.save(Tokens(theirs, channels=3).state_dict(), path)
    with pytest.raises(UserError, match=rf'class_tokens \({theirs}, 3\) but the model has \({ours}, 2\)'):
        load_weights(head, path, new_classes=True)


@pytest.mark.parametrize('new_classes', [False, True])
def test_other_shapes_than_rows_are_refused(save, new_classes):
    _, path = save(150, channels=3)
    with pytest.raises(UserError, match=r'conv_seg\.weight .*3, 1, 1\) but the model has \(19, 2, 1, 1\)'):
        load_weights(Head(19), path, new_classes=new_classes)


def test_weights_of_an_ema_hook_are_left_out(tmp_path):
    head = Head(3)
    averages = {
        f'ema_{key.replace(".", "_")}': torch.zeros_like(value) for key, value in head.state_dict().items()
    }
    torch.save({'state_dict': {**head.state_dict(), **averages}}, tmp_path / 'x.pth')
    assert load_weights(Head(3), tmp_path / 'x.pth').notes == (
        '4 weights of an EMA hook (ema_*) were left out',
    )


def test_a_bias_of_another_size_than_its_weight_is_not_cut(save):
    weights, path = save(19)
    torch.save({**weights, 'conv_seg.bias': torch.zeros(150)}, path)
    with pytest.raises(UserError, match=r'conv_seg\.bias \(150,\) but the model has \(19,\)'):
        load_weights(Head(19), path)


@pytest.mark.parametrize(
    'strange',
    [
        torch.ones(1, 1).to_sparse(),
        torch.ones(1, 1, dtype=torch.complex64),
        torch.ones(1, 1).to(torch.float8_e4m3fn),
        torch.ones(1, 1, device='meta'),
    ],
)
def test_weights_that_are_no_plain_numbers(save, strange):
    weights, path = save(19)
    torch.save({**weights, 'squeeze.weight': strange}, path)
    with pytest.raises(UserError, match=r'sparse, quantised, complex, .* weights \(squeeze\.weight\)'):
        load_weights(Head(19), path)
