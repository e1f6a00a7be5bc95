"""When a kernel takes the place of its plain version. The trial runs on a CPU here, with given timings."""

from types import SimpleNamespace

import pytest
import torch

from mmseg_facenext.errors import UserError
from mmseg_facenext.models.kernels import choice, depthwise_gelu, msca

CPU = torch.device('cpu')
CASE = choice.Case((1, 4, 8, 8), torch.contiguous_format, torch.float32, CPU, learns=True, settings=())
INFERENCE = CASE._replace(learns=False)


def test_without_a_gpu_the_plain_way_is_taken():
    assert not msca.is_chosen(torch.zeros(1, 4, 8, 8), 2, (3, 5, 10))
    assert not depthwise_gelu.is_chosen(torch.zeros(1, 4, 8, 8))


def test_an_unknown_mode_is_named(monkeypatch):
    monkeypatch.setenv('FACENEXT_KERNELS', 'fast')
    with pytest.raises(UserError, match='FACENEXT_KERNELS=fast: choose one of off, on, auto'):
        choice.chosen(depthwise_gelu, CASE)


def test_kernels_are_off_unless_asked_for(monkeypatch):
    monkeypatch.delenv('FACENEXT_KERNELS', raising=False)
    monkeypatch.setattr(choice, 'runs_on', lambda device: True)
    monkeypatch.setattr(torch, 'are_deterministic_algorithms_enabled', lambda: True)
    assert not choice.chosen(depthwise_gelu, CASE)
    monkeypatch.setenv('FACENEXT_KERNELS', 'auto')
    assert choice.chosen(depthwise_gelu, CASE)


def test_float64_has_no_kernel(monkeypatch):
    monkeypatch.setenv('FACENEXT_KERNELS', 'on')
    monkeypatch.setattr(choice, 'runs_on', lambda device: True)
    assert choice.chosen(depthwise_gelu, CASE)
    assert not choice.chosen(depthwise_gelu, CASE._replace(dtype=torch.float64))


def doubled(x, weight):
    return 2 * x * weight


class Candidate:
    """An operator that computes `kernel` and takes so many milliseconds, beside a plain version that takes 2."""

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


def test_similar_sizes_share_a_trial():
    assert choice._similar((16, 320, 32, 32)) == choice._similar((4, 320, 32, 32)) == (4, 320, 32, 32)
    assert choice._similar((1, 64, 130, 95)) == choice._similar((1, 64, 120, 150)) == (1, 64, 128, 128)
    assert choice._similar((3, 7, 1, 0)) == (3, 7, 1, 1)


def wrong_gradient(x, weight):
    return doubled(x, weight) + (weight - weight.detach())


@pytest.mark.parametrize('case', [CASE, INFERENCE])
def test_a_kernel_must_be_faster(log, case):
    assert choice._wins(Candidate(doubled), case)
    assert not choice._wins(Candidate(doubled, milliseconds=3.0), case)
    assert log == []


def test_a_kernel_that_computes_something_else_is_not_used_and_named(log):
    assert not choice._wins(Candidate(lambda x, weight: 2.1 * x * weight), INFERENCE)
    assert not choice._wins(Candidate(lambda x, weight: doubled(x, weight) / 0), INFERENCE)
    assert ['candidate on a GPU' in line and 'plain version' in line for line in log] == [True, True]


def test_wrong_gradients_count_where_the_network_learns(log):
    assert choice._wins(Candidate(wrong_gradient), INFERENCE)
    assert not choice._wins(Candidate(wrong_gradient), CASE)


def failing_with(failure):
    def kernel(x, weight):
        raise failure

    return Candidate(kernel)


def test_a_kernel_that_does_not_compile_or_fit_is_not_used_and_named(log):
    errors = pytest.importorskip('triton.errors')
    assert not choice._wins(failing_with(errors.TritonError('out of resource: shared memory')), CASE)
    assert not choice._wins(failing_with(torch.OutOfMemoryError('Tried to allocate 2 GiB')), CASE)
    assert 'cannot be tried (out of resource: shared memory)' in log[0]
    assert 'cannot be tried (Tried to allocate 2 GiB)' in log[1]
