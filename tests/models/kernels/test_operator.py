"""The operators around the kernels: what autograd, compilation, autocast and MSCAN see of them."""

import copy
import re

import pytest
import torch
from closeness import assert_same_gradients, assert_same_numbers

from mmseg_facenext.models import MSCAN
from mmseg_facenext.models.backbones.mscan import Mlp, MSCAAttention
from mmseg_facenext.models.kernels import FusedOperator, choice, depthwise_gelu, msca
from mmseg_facenext.models.kernels.dispatch import radii_of

RADII = (2, (3, 5, 10))
SIZES = (5, (1, 7), (1, 11), (1, 21))
PADDINGS = (2, (0, 3), (0, 5), (0, 10))
OPERATORS = {'msca': (msca, RADII), 'depthwise_gelu': (depthwise_gelu, ())}
each_operator = pytest.mark.parametrize(('operator', 'settings'), OPERATORS.values(), ids=OPERATORS)


def inputs(operator, settings, height=9, width=11):
    generator = torch.Generator().manual_seed(0)
    shape = (2, 3, height, width)
    sizes = (shape, *operator.shapes(shape, *settings))
    return [torch.randn(size, generator=generator, dtype=torch.float64).requires_grad_() for size in sizes]


@each_operator
def test_the_operator_passes_torchs_own_checks(operator, settings):
    overload = getattr(torch.ops.facenext, operator.name)
    arguments = [list(setting) if isinstance(setting, tuple) else setting for setting in settings]
    torch.library.opcheck(overload, (*inputs(operator, settings), *arguments))


@each_operator
def test_the_operator_takes_any_layout(operator, settings):
    overload = getattr(torch.ops.facenext, operator.name)
    x, *parameters = (tensor.detach() for tensor in inputs(operator, settings))
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(overload(last, *parameters, *settings), overload(x, *parameters, *settings))


@each_operator
def test_gradients_are_those_of_finite_differences(operator, settings):
    small = inputs(operator, settings, height=3, width=4)
    assert torch.autograd.gradcheck(lambda *tensors: operator(*tensors, *settings), small)


@each_operator
def test_the_plain_backward_is_that_of_autograd(operator, settings):
    tensors = inputs(operator, settings)
    out = operator.plain.forward(*tensors, *settings)
    grad = torch.randn_like(out)
    explicit = operator.plain.backward(grad, *tensors, *settings)
    for found, true in zip(explicit, torch.autograd.grad(out, tensors, grad), strict=True):
        torch.testing.assert_close(found, true)


def test_the_plain_twin_is_the_published_attention():
    attention = MSCAAttention(4, SIZES, PADDINGS)
    x = torch.randn(2, 4, 12, 10)
    convs = [attention.conv0]
    for name in attention.branches:
        convs += [getattr(attention, f'{name}_1'), getattr(attention, f'{name}_2')]
    taps = torch.cat([conv.weight.flatten(1) for conv in convs], dim=1)
    biases = torch.stack([conv.bias for conv in convs], dim=1)
    assert_same_numbers(attention.conv3(msca.plain.forward(x, taps, biases, *RADII)) * x, attention(x))


@pytest.fixture
def _chosen_everywhere(monkeypatch):
    monkeypatch.setattr(choice, 'has_kernels', lambda device_type: True)
    monkeypatch.setattr(FusedOperator, 'is_chosen', lambda *_: True)


@pytest.mark.usefixtures('_chosen_everywhere')
def test_the_plain_twin_is_the_published_mlp():
    mlp, x = Mlp(2, 4, dict(type='GELU'), drop=0.0), torch.randn(2, 4, 12, 10)
    assert_same_numbers(mlp._activated(x), torch.nn.functional.gelu(mlp.dwconv(x)))


@pytest.mark.usefixtures('_chosen_everywhere')
@pytest.mark.parametrize('activation', [dict(type='GELU', approximate='tanh'), dict(type='ReLU')])
def test_another_activation_stays_what_it_is(activation):
    mlp, x = Mlp(2, 4, activation, drop=0.0), torch.randn(2, 4, 12, 10)
    torch.testing.assert_close(mlp._activated(x), mlp.act(mlp.dwconv(x)), rtol=0, atol=0)


def small_mscan(**options) -> MSCAN:
    torch.manual_seed(0)
    sizes = dict(embed_dims=(8, 8, 16, 16), depths=(1, 1, 1, 1))
    return MSCAN(**sizes, norm_cfg=dict(type='BN'), **options).train()


def gradients_of(model: MSCAN, x) -> list[torch.Tensor]:
    torch.stack([out.square().mean() for out in model(x)]).sum().backward()
    return [parameter.grad for parameter in model.parameters()]


@pytest.mark.usefixtures('_chosen_everywhere')
@pytest.mark.parametrize('with_cp', [False, True])
def test_mscan_learns_the_same_through_the_operators(monkeypatch, with_cp):
    model = small_mscan(with_cp=with_cp)
    twin = copy.deepcopy(model)
    x = torch.randn(2, 3, 64, 48)
    through_operators = gradients_of(model, x)
    monkeypatch.undo()
    assert_same_gradients(through_operators, gradients_of(twin, x))


@pytest.mark.usefixtures('_chosen_everywhere')
def test_autocast_reaches_the_operators():
    block = small_mscan().eval().block1[0]
    x = torch.randn(1, 8, 8, 8)
    with torch.autocast('cpu', torch.bfloat16), torch.no_grad():
        assert block.attn.spatial_gating_unit._scales(x).dtype == torch.bfloat16
        assert block.mlp._activated(torch.randn(1, 32, 8, 8)).dtype == torch.bfloat16


@pytest.mark.usefixtures('_chosen_everywhere')
@pytest.mark.parametrize(
    'module', [MSCAAttention(4, SIZES, PADDINGS), Mlp(4, 8, dict(type='GELU'), drop=0.0)], ids=['msca', 'mlp']
)
def test_the_operators_leave_the_graph_whole(module):
    explained = torch._dynamo.explain(module)(torch.randn(1, 4, 8, 8))
    assert explained.graph_break_count == 0


@pytest.mark.parametrize(
    ('sizes', 'paddings', 'radii'),
    [
        (SIZES, PADDINGS, RADII),
        ([5, [1, 7], [1, 11], [1, 21]], [2, [0, 3], [0, 5], [0, 10]], RADII),
        ((3,), (1,), (1, ())),
        ((5, (1, 7)), (2, (0, 2)), None),
        ((4, (1, 7)), (2, (0, 3)), None),
        ((5, (1, 8)), (2, (0, 4)), None),
    ],
)
def test_only_kernels_that_keep_the_size_go_through_the_operator(sizes, paddings, radii):
    attention = MSCAAttention(4, sizes, paddings)
    assert radii_of([module for module in attention.children() if module.groups == 4]) == radii


@pytest.mark.gpu
@pytest.mark.parametrize('mode', ['on', 'off', 'auto'])
def test_the_switch_and_the_same_bits_twice_on_a_gpu(monkeypatch, mode):
    monkeypatch.setenv('FACENEXT_KERNELS', mode)
    model, x = small_mscan().cuda(), torch.randn(2, 3, 64, 64, device='cuda')
    assert msca.is_chosen(torch.zeros(1, 8, 16, 16, device='cuda'), *RADII) in {
        'on': [True], 'off': [False], 'auto': [True, False]
    }[mode]  # fmt: skip
    first = gradients_of(copy.deepcopy(model), x)
    if mode == 'on':
        assert_same_gradients(first, gradients_of(model, x), bound=1e-3)  # atomic sums come in any order


@pytest.mark.parametrize('mode', ['off', 'on'])
def test_the_choice_is_a_constant_of_the_compiled_graph(monkeypatch, mode):
    monkeypatch.setenv('FACENEXT_KERNELS', mode)
    monkeypatch.setattr(choice, '_INTERPRETED', True)
    monkeypatch.setattr(choice, 'runs_on', lambda device: True)
    operators: list[str] = []

    def record(graph, inputs):
        operators.extend(str(node.target) for node in graph.graph.nodes)
        return lambda *_: (torch.zeros(1, 4, 8, 8),)  # the kernel itself does not run here

    attention = torch.compile(MSCAAttention(4, SIZES, PADDINGS), backend=record, fullgraph=True)
    attention(torch.randn(1, 4, 8, 8))
    attention(torch.randn(2, 4, 6, 10))  # for which PyTorch wants to have sizes that are no constants
    assert any('facenext.msca' in operator for operator in operators) == (mode == 'on')


@pytest.mark.parametrize(
    'leave',
    [
        lambda model, x: str(torch.export.export(model, (x,)).graph),
        lambda model, x: str(torch.jit.trace(model, x, check_trace=False).inlined_graph),
    ],
    ids=['exported', 'traced'],
)
def test_models_that_leave_the_package_hold_no_operator_of_it(monkeypatch, leave):
    monkeypatch.setenv('FACENEXT_KERNELS', 'on')
    monkeypatch.setattr(choice, '_INTERPRETED', True)
    monkeypatch.setattr(choice, 'runs_on', lambda device: True)
    graph = leave(MSCAAttention(4, SIZES, PADDINGS), torch.randn(1, 4, 8, 8))
    assert 'conv' in graph
    assert not re.search(r'(?<!_)facenext(\.|::)', graph)


@each_operator
def test_shapes_that_do_not_belong_together_are_refused(operator, settings):
    x, taps, biases = inputs(operator, settings)
    for wrong in ((x, taps[:, 1:], biases), (x[:, 1:], taps, biases), (x[0], taps, biases)):
        with pytest.raises(ValueError, match=rf'{operator.name}: maps \(.*\) take taps and biases .*, got '):
            operator(*wrong, *settings)
