import pytest
import torch

from mmseg_facenext.analysis.timing import Comparison, Timing, compare, hardware


def test_medians_quartiles_and_ratio_by_hand():
    times = Comparison(slow=Timing((0.4, 0.2, 0.9)), fast=Timing((0.1, 0.1, 0.3)))
    assert times['slow'].median == 0.4
    assert times['slow'].quartiles == pytest.approx((0.3, 0.65))
    assert times.ratio('slow', 'fast') == pytest.approx(3)  # of 4, 2 and 3
    assert times['fast'].to_dict()['median_ms'] == pytest.approx(100)
    assert Timing((0.5,)).quartiles == (0.5, 0.5)
    _, _, first, second = (line.split() for line in times.table().splitlines())
    assert first == ['|', 'slow', '|', '400.000', '|', '300.000', 'to', '650.000', '|', '1', '|']
    assert second[-2:] == ['3.00', '|']


def test_every_round_calls_each_once_and_the_order_rotates():
    calls = []
    times = compare({name: lambda name=name: calls.append(name) for name in 'abc'}, repeats=3, warmup=2)
    assert ''.join(calls) == 'aabbcc' + 'abc' + 'bca' + 'cab'
    assert [len(times[name].seconds) for name in 'abc'] == [3, 3, 3]


def test_only_the_call_and_its_synchronisation_are_timed():
    now = [0.0]  # seconds of a clock that only these steps move

    def passing(seconds):
        now[0] += seconds

    times = compare(
        {'slow': lambda: passing(20.0), 'nothing': lambda: None},
        repeats=5,
        synchronize=lambda: passing(5.0),
        clock=lambda: now[0],
    )
    assert set(times['slow'].seconds) == {25.0}
    assert set(times['nothing'].seconds) == {5.0}


def test_another_clock():
    shown = iter([1.0, 3.5, 10.0, 10.5])
    times = compare({'a': int, 'b': int}, repeats=1, warmup=0, clock=lambda: next(shown))
    assert (times['a'].seconds, times['b'].seconds) == ((2.5,), (0.5,))


@pytest.mark.parametrize('arguments', [({},), ({'a': int}, 0), ({'a': int}, 1, -1)])
def test_nothing_to_time(arguments):
    with pytest.raises(ValueError, match='nothing to time'):
        compare(*arguments)


def test_the_hardware_is_named():
    said = hardware('cpu', 'bf16')
    assert f'{torch.get_num_threads()} threads, bf16, torch {torch.__version__}' in said
    assert not said.startswith(',')


@pytest.mark.gpu
def test_work_on_the_gpu_is_waited_for():
    matrix = torch.randn(8192, 8192, device='cuda')
    times = compare({'product': lambda: matrix @ matrix}, repeats=5)
    assert times['product'].median > 2 * 8192**3 / 1e15  # no GPU does 1000 TFLOPS in float32
    assert torch.cuda.get_device_name() in hardware('cuda')


def test_what_varies_more_than_it_means_is_not_given_as_a_ratio():
    slow = 0.75, 1.534, 0.8, 1.5, 0.76, 1.52
    times = Comparison(steady=Timing((1.0, 1.01, 0.99, 1.0, 1.02, 1.0)), busy=Timing(slow))
    assert 'too noisy, repeat' in times.table()
    assert times['busy'].to_dict()['too_noisy']
    assert not times['steady'].to_dict()['too_noisy']
    drifting = Comparison(
        a=Timing((1.0, 2.0, 4.0)), b=Timing((0.5, 1.0, 2.0))
    )  # a ratio within rounds stands
    assert drifting.ratio_text('a', 'b') == '2.00'
