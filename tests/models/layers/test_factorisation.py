"""The backward pass of the factorisation against finite differences, and what autograd's surroundings do to it.

`test_light_ham_head.py` compares its gradients with upstream's.
"""

import pytest
import torch
from closeness import assert_same_gradients
from torch.utils.checkpoint import checkpoint

from mmseg_facenext.models import NMF2D
from mmseg_facenext.models.layers.factorisation import factorise


def inputs(transposed=False):
    generator = torch.Generator().manual_seed(0)
    X, start = (torch.rand(2, *s, generator=generator, dtype=torch.float64) for s in ((4, 5), (4, 2)))
    return (X.mT.contiguous().mT if transposed else X).requires_grad_(), start


@pytest.mark.parametrize('steps', [0, 1, 3])
@pytest.mark.parametrize('transposed', [False, True])
def test_gradients_are_those_of_finite_differences(steps, transposed):
    X, start = inputs(transposed)
    assert torch.autograd.gradcheck(lambda X: factorise(X, start, steps), X)
    bases, coef = factorise(X, start, steps)
    for output in (bases, coef):  # the other one without a gradient
        (grad,) = torch.autograd.grad(output.sum(), X, retain_graph=True)
        assert grad.stride() == X.stride()


def test_the_second_derivative_is_refused():
    X, start = inputs()
    (grad,) = torch.autograd.grad(factorise(X, start, 1)[0].square().sum(), X, create_graph=True)
    with pytest.raises(RuntimeError, match='once_differentiable'):
        grad.sum().backward()


def test_autocast_around_the_backward_pass_changes_nothing():
    X, start = inputs()
    bases, coef = factorise(X, start, 2)
    (expected,) = torch.autograd.grad(bases.sum() + coef.square().sum(), X, retain_graph=True)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        (grad,) = torch.autograd.grad(bases.sum() + coef.square().sum(), X)
    assert torch.equal(grad, expected)


def inputs_of_nmf():
    return tuple(torch.rand(shape, requires_grad=True) for shape in ((2, 8, 4, 5), (6, 8)))


@pytest.mark.parametrize(
    'way',
    [
        lambda nmf: torch.compile(nmf, fullgraph=True, backend='eager'),
        lambda nmf: lambda *tensors: checkpoint(nmf, *tensors, use_reentrant=False),
        lambda nmf: torch.jit.trace(nmf, inputs_of_nmf()),
    ],
    ids=['compiled', 'checkpointed', 'traced'],
)
@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')
def test_the_same_gradients(way):
    nmf = NMF2D(dict(MD_R=3, train_steps=2, rand_init=False), channels=8)
    tensors = inputs_of_nmf()
    ours, expected = (torch.autograd.grad(run(*tensors).square().sum(), tensors) for run in (way(nmf), nmf))
    assert_same_gradients(ours, expected)
