"""When a kernel takes the place of its twin. The trial itself runs here on a CPU, with timings that are given."""

from types import SimpleNamespace

import pytest
import torch

from mmseg_facenext.errors import UserError
from mmseg_facenext.models.kernels import choice, depthwise_gelu, msca

CPU = torch.device('cpu')
CASE = ((1, 4, 8, 8), torch.contiguous_format, torch.float32, CPU)


def test_without_a_gpu_the_plain_way_is_taken():
    assert not msca.pays(torch.zeros(1, 4, 8, 8), 2, (3, 5, 10))
    assert not depthwise_gelu.pays(torch.zeros(1, 4, 8, 8))


def test_an_unknown_mode_is_named(monkeypatch):
    monkeypatch.setenv('FACENEXT_KERNELS', 'fast')
    with pytest.raises(UserError, match='FACENEXT_KERNELS=fast: choose one of auto, on, off'):
        choice.chosen(depthwise_gelu, *CASE, True, ())


def test_float64_has_no_kernel(monkeypatch):
    monkeypatch.setenv('FACENEXT_KERNELS', 'on')
    monkeypatch.setattr(choice, 'runs_on', lambda device: True)
    shape, layout, _, device = CASE
    assert choice.chosen(depthwise_gelu, *CASE, True, ())
    assert not choice.chosen(depthwise_gelu, shape, layout, torch.float64, device, True, ())


def doubled(x, weight):
    return 2 * x * weight


class Candidate:
    """An operator that computes `kernel` and takes so many milliseconds, beside a twin that takes 2."""

    name = 'candidate'
    plain = SimpleNamespace(forward=doubled)

    def __init__(self, kernel, milliseconds=1.0):
        self.kernel, self.milliseconds = kernel, milliseconds

    def __call__(self, x, weight):
        return self.kernel(x, weight)

    def shapes(self, x):
        return [(x[1], 1, 1)]


@pytest.fixture
def log(monkeypatch):
    lines = []
    monkeypatch.setattr(choice, '_milliseconds', lambda run, way: getattr(way, 'milliseconds', 2.0))
    monkeypatch.setattr(choice, 'print_log', lambda message, *_: lines.append(message))
    monkeypatch.setattr(torch.cuda, 'get_device_name', lambda device: 'a GPU')
    return lines


def wrong_gradient(x, weight):
    return doubled(x, weight) + (weight - weight.detach())


@pytest.mark.parametrize('learns', [True, False])
def test_a_kernel_must_be_faster(log, learns):
    assert choice._wins(Candidate(doubled), *CASE, learns, ())
    assert not choice._wins(Candidate(doubled, milliseconds=3.0), *CASE, learns, ())
    assert log == []


def test_a_kernel_that_computes_something_else_is_not_used_and_named(log):
    assert not choice._wins(Candidate(lambda x, weight: 2.1 * x * weight), *CASE, False, ())
    assert not choice._wins(Candidate(lambda x, weight: doubled(x, weight) / 0), *CASE, False, ())
    assert ['candidate on a GPU' in line and 'plain twin' in line for line in log] == [True, True]


def test_wrong_gradients_count_where_the_network_learns(log):
    assert choice._wins(Candidate(wrong_gradient), *CASE, False, ())
    assert not choice._wins(Candidate(wrong_gradient), *CASE, True, ())


def test_a_kernel_that_does_not_compile_is_not_used_and_named(log):
    errors = pytest.importorskip('triton.errors')

    def fails(x, weight):
        raise errors.TritonError('out of resource: shared memory')

    assert not choice._wins(Candidate(fails), *CASE, True, ())
    assert 'does not compile (out of resource: shared memory)' in log[0]
